"""Windows, and how strongly to force, against their definitions in NumPy."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from scipy.linalg import expm, logm

from neuropil.cells import ShallowPLRNN, TeacherForced
from neuropil.core import simulate
from neuropil.training import (
    Windows,
    adapt_forcing,
    fit,
    forecasts,
    mean_squared_error,
    optimal_forcing,
)

KEY = jax.random.key(0)
RNG = np.random.default_rng(0)
SERIES = RNG.normal(size=(60, 3)).astype(np.float32)


def windows(length=12, **more):
    return Windows(SERIES, length, 80, **more)


def taken(data, seed=0, count=16):
    inputs, targets = data.take(np.arange(count), jax.random.split(jax.random.key(seed), count))
    return np.asarray(inputs["forcing"]), np.asarray(targets)


def test_windows_are_pieces_of_the_series_from_everywhere():
    starts = []
    for seed in range(3):
        forcing, targets = taken(windows(), seed, 100)
        np.testing.assert_array_equal(forcing[1:].swapaxes(0, 1), targets)
        for window in forcing.swapaxes(0, 1):
            (start,) = np.flatnonzero((SERIES[:49] == window[0]).all(axis=1))
            np.testing.assert_array_equal(window, SERIES[start : start + 12])
            starts.append(start)
    assert set(starts) == set(range(49))


def test_noise_is_in_what_goes_in_only():
    forcing, targets = taken(windows(noise=0.1), count=400)
    plain, same = taken(windows(), count=400)
    np.testing.assert_array_equal(targets, same)
    assert np.std(forcing - plain) == pytest.approx(0.1, rel=0.02)


def test_a_loss_on_forecasts_leaves_out_the_first_tick():
    output = jnp.asarray(RNG.normal(size=(5, 2, 3)))
    np.testing.assert_array_equal(forecasts(output), output[1:].swapaxes(0, 1))


def model(scale=3.0):
    node = ShallowPLRNN(3, 9, key=KEY)
    h2 = jnp.asarray(RNG.normal(size=9), jnp.float32)
    return eqx.tree_at(lambda n: (n.w1, n.h2), node, (scale * node.w1, h2))


def jacobians_of(node, states):
    a, w1, w2, h2 = (np.asarray(x, np.float64) for x in (node.a, node.w1, node.w2, node.h2))
    slope = (states @ w2.T > -h2).astype(np.float64)
    return np.diag(a) + np.einsum("il,btl,lj->btij", w1, slope, w2)


def norm(matrices):
    return np.linalg.norm(matrices, 2, axis=(-2, -1))


def mean_of_logs(jacobians):
    return [expm(np.mean([logm(j) for j in sequence], axis=0)) for sequence in jacobians]


GROWTHS = {
    "largest": lambda j, _: norm(j).max(),
    "geometric mean of norms": lambda j, _: (norm(j).prod(1) ** (1 / j.shape[1])).max(),
    "norm of mean": lambda j, _: norm(j.mean(1)).max(),
    "norm of geometric mean": lambda j, _: norm(np.array(mean_of_logs(j))).max(),
    "parameters": lambda _, n: np.abs(n.a).max() + norm(n.w1) * norm(n.w2),
}


SOME = ("largest", "norm of geometric mean")
MARKED = [pytest.param(g, marks=[] if g in SOME else pytest.mark.slow) for g in GROWTHS]


@pytest.mark.parametrize("growth", MARKED)
def test_the_strength_is_what_the_growth_asks_for(growth):
    node, data = model(), windows()
    keys = jax.random.split(jax.random.fold_in(KEY, 3), 4)
    states = np.asarray(data.take(np.arange(4), keys)[0]["forcing"], np.float64).swapaxes(0, 1)
    n = GROWTHS[growth](jacobians_of(node, states), node)
    assert n > 1.05
    weak = adapt_forcing(data, growth, sequences=4, key=KEY)(TeacherForced(node, 0.0), 3)
    assert float(weak.alpha) == pytest.approx(1 - 1 / n, rel=1e-3)


def test_forcing_grows_at_once_and_shrinks_slowly():
    schedule = adapt_forcing(windows(), "largest", decay=0.9, key=KEY)
    node = model()
    wanted = float(schedule(TeacherForced(node, 0.0), 0).alpha)
    assert 0.1 < wanted < 0.95
    after = float(schedule(TeacherForced(node, 1.0), 0).alpha)
    assert after == pytest.approx(0.9 + 0.1 * wanted, rel=1e-5)
    calm = TeacherForced(model(scale=0.0), 0.5)
    assert float(schedule(calm, 0).alpha) == pytest.approx(0.45)


def test_a_growth_of_ones_own_is_taken():
    def double(node, states):
        assert states.shape == (16, 12, 3)
        return jnp.asarray(2.0)

    schedule = adapt_forcing(windows(), double, key=KEY)
    assert float(schedule(TeacherForced(model(), 0.0), 0).alpha) == 0.5


def test_at_the_optimal_strength_no_product_grows():
    jacobians = RNG.normal(size=(200, 3, 3))
    alpha = float(optimal_forcing(norm(jacobians).max()))
    product, norms = np.eye(3), []
    for jacobian in jacobians:
        product = (1 - alpha) * jacobian @ product
        norms.append(norm(product))
    assert max(norms) <= 1 + 1e-6
    assert norm(jacobians).max() * (1 - alpha) == pytest.approx(1.0)


@pytest.mark.slow
def test_a_forced_model_is_fitted_and_its_forcing_adapts():
    phase = np.arange(300.0) / 5
    data = Windows(np.stack([np.sin(phase), np.cos(phase)], axis=1), 20, 80)
    fitted = fit(
        TeacherForced(ShallowPLRNN(2, 10, key=KEY)),
        data,
        loss=mean_squared_error(forecasts),
        optimizer=optax.adam(1e-2),
        epochs=20,
        batch_size=16,
        dt=1.0,
        key=KEY,
        schedules=[adapt_forcing(data, decay=0.5, key=KEY)],
    )
    free = eqx.tree_at(lambda n: n.alpha, fitted.node, jnp.zeros(()))
    _, records = simulate(free, jnp.asarray(data.series[:12]), dt=1.0, key=KEY)
    ahead = np.abs(records.output - data.series[:12])  # from the first point alone
    assert ahead.max() < 0.5
    assert float(fitted.node.alpha) < 0.6
