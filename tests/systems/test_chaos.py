"""The system `chaos`: forcing is on the forward path, and its small claims hold."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.core import simulate
from neuropil.systems import as_declared, check_claim, load_system
from neuropil.systems.chaos._measures import forecast, free_run
from neuropil.systems.chaos._plan import PLANS, Forcing, Settings, plan_for
from neuropil.systems.chaos._random_features import (
    jacobians_along,
    largest_product,
    random_feature_network,
)
from neuropil.systems.chaos._series import load
from neuropil.systems.chaos._training import build, noisy, train
from neuropil.tasks import DataNotFound

KEY = jax.random.key(0)


@pytest.fixture(scope="module")
def series():
    return load("lorenz-63")


def test_forcing_is_on_the_forward_path(series):
    """What data say at one step changes all later outputs, and none of that step or before."""
    node = build(series, PLANS["lorenz-63"], KEY)
    data = jnp.asarray(series.train[:12], jnp.float32)

    def outputs(node, at):
        return simulate(node, data.at[at].add(0.5), dt=1.0, key=KEY)[1].output

    plain = simulate(node, data, dt=1.0, key=KEY)[1].output
    changed = np.abs(outputs(node, 5) - plain).max(axis=1)
    assert not changed[:6].any() and (changed[6:] > 0).all()
    free = eqx.tree_at(lambda n: n.alpha, node, jnp.zeros(()))
    np.testing.assert_array_equal(outputs(free, 5), simulate(free, data, dt=1.0, key=KEY)[1].output)


def test_the_source_steps_as_its_samples_do(series):
    for data in ("lorenz-63", "lorenz-96", "rossler"):
        one = load(data)
        with jax.enable_x64(True):
            points = one.restored(one.test[:20])
            np.testing.assert_allclose(jax.vmap(one.flow)(points[:-1]), points[1:], atol=1e-9)
        assert one.train.std() == pytest.approx(1.0) and len(one.test) == 5000


def test_random_features_foretell_one_step_as_the_regression_does(series):
    model = random_feature_network(series, 0)
    points, after = series.train[:-1], series.train[1:]
    found = forecast(model, points, 1)
    assert np.mean((found - after) ** 2) < 2e-5
    assert np.mean((after - points) ** 2) > 1e-2  # standing still would not do


def test_products_are_of_all_windows():
    factors = np.stack([3.0 * np.eye(2), 0.1 * np.eye(2), 4.0 * np.eye(2), 2.0 * np.eye(2)])
    assert largest_product(factors) == pytest.approx(8.0)
    assert largest_product(factors[:2]) == pytest.approx(3.0)


def test_jacobians_are_of_the_states_that_data_show(series):
    model = random_feature_network(series, 0)
    found = jacobians_along(model, series.train[:5])
    step = 1e-3
    for jacobian, point in zip(found, series.train, strict=False):
        moved = np.stack([point + step * each for each in np.eye(3)])
        difference = (forecast(model, moved, 1) - forecast(model, point[None], 1)) / step
        np.testing.assert_allclose(jacobian, difference.T, atol=0.05)


def test_noise_is_small_and_always_the_same(series):
    plan = PLANS["lorenz-63"]
    first = noisy(series, plan, 3)
    np.testing.assert_array_equal(first, noisy(series, plan, 3))
    assert np.std(first - series.train) == pytest.approx(0.05, rel=0.02)


def test_settings_choose_what_forces():
    def plan(**given):
        return plan_for(Settings(**given), "lorenz-63", quick=False)

    assert plan() == PLANS["lorenz-63"]
    assert plan(forcing=Forcing.NONE).alpha == 0.0
    assert plan(forcing=Forcing.ADAPTIVE).growth == "geometric mean of norms"
    sparse = plan(forcing=Forcing.SPARSE, every=9)
    assert (sparse.alpha, sparse.every) == (1.0, 9)
    assert plan(hidden=7, alpha=0.2).hidden == 7


def test_a_free_run_repeats_the_map(series):
    model = build(series, PLANS["lorenz-63"], KEY).model
    run = free_run(model, series.test[0], 5)
    np.testing.assert_allclose(run[0], series.test[0], atol=1e-6)
    np.testing.assert_allclose(run[1:], forecast(model, run[:-1], 1), atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("forcing", list(Forcing))
def test_every_kind_of_forcing_trains_and_says_what_gradients_did(series, forcing):
    plan = plan_for(Settings(forcing=forcing, updates=100, length=20), "lorenz-63", quick=False)
    trained = train(series, plan, 0)
    assert [found.update for found in trained.gradients] == [0, 50]
    assert all(np.isfinite([found.norm, found.unforced]).all() for found in trained.gradients)
    if forcing is Forcing.NONE:
        assert all(found.norm == found.unforced for found in trained.gradients)
    if forcing is Forcing.ADAPTIVE:
        assert trained.alpha < 1.0
    else:
        assert trained.alpha == plan.alpha


@pytest.mark.slow
@pytest.mark.parametrize("data", ["lorenz-96", "laser"])
def test_other_series_are_learnt(data):
    try:
        series = load(data)
    except DataNotFound:
        pytest.skip("no laser on this machine")
    plan = dataclasses.replace(PLANS[data], updates=200, length=30, rate=5e-3)
    model = train(series, plan, 0).model
    points = series.test[:500]
    error = np.mean((forecast(model, points[:-1], 1) - points[1:]) ** 2)
    assert error < 0.5 * np.mean((points[:-1] - points[1:]) ** 2)


@pytest.mark.slow
def test_the_small_claims_hold_and_their_ablations_break_them():
    system = load_system("chaos")
    rows = [check_claim(system, claim, quick=True) for claim in system.claims_for(True)]
    assert len(rows) == 3 and all(as_declared(row) for row in rows)
    assert all(row["ablation"]["holds"] is False for row in rows)
