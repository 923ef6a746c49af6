"""Gain control against float64 NumPy, finite differences and its frozen form."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.connectivity import Dense, ProjectionDelay
from neuropil.core import (
    Input,
    Network,
    NeuropilError,
    Projection,
    Record,
    chain,
    learnable_mask,
    settle,
    simulate,
)
from neuropil.modulation import BatchNorm, BatchStatistics, FrozenStatistics

KEY = jax.random.key(0)
EPS = 0.1
GAIN, BIAS = np.array([1.0, 2.0, -0.5]), np.array([0.0, 1.0, 3.0])


def run(node, inputs, **options):
    return simulate(node, inputs, dt=1.0, key=KEY, **options)


def norm():
    return BatchNorm(3, EPS, gain=GAIN, bias=BIAS)


def samples(seed=0):
    scale, shift = np.array([1.0, 5.0, 0.1]), np.array([0.0, -3.0, 7.0])
    return np.random.default_rng(seed).normal(size=(11, 4, 3)) * scale + shift


def reference(x, gain=GAIN, bias=BIAS):
    mean, variance = x.mean((0, 1)), x.var((0, 1))
    return gain * (x - mean) / np.sqrt(variance + EPS) + bias


def first(state):
    return jax.tree.map(lambda a: a[0], state.node.statistics)


def test_output_is_that_of_float64_numpy():
    _, records = run(norm(), samples().astype(np.float32))
    np.testing.assert_allclose(records.output, reference(samples()), atol=2e-5)


def test_state_holds_the_statistics_of_the_batch_in_every_sample():
    x = samples()
    state, _ = run(norm(), x.astype(np.float32))
    mean, variance = state.node.statistics.mean, state.node.statistics.variance
    np.testing.assert_allclose(mean, np.tile(x.mean((0, 1)), (4, 1)), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(variance, np.tile(x.var((0, 1)), (4, 1)), rtol=1e-4)


def test_gradients_are_those_of_float64_finite_differences():
    x = samples()
    probe = np.random.default_rng(1).normal(size=x.shape)

    def objective(x, gain, bias):
        return float((np.sin(reference(x, gain, bias)) * probe).sum())

    def loss(x, gain, bias):
        _, records = run(BatchNorm(3, EPS, gain=gain, bias=bias), x)
        return jnp.sum(jnp.sin(records.output) * probe)

    arguments = [x, GAIN, BIAS]
    found = jax.grad(loss, (0, 1, 2))(*(jnp.asarray(a, jnp.float32) for a in arguments))
    for position, (argument, gradient) in enumerate(zip(arguments, found, strict=True)):
        for index in list(np.ndindex(argument.shape))[:: 1 + argument.size // 20]:
            moved = []
            for step in (1e-5, -1e-5):
                nudged = [a.copy() for a in arguments]
                nudged[position][index] += step
                moved.append(objective(*nudged))
            slope = (moved[0] - moved[1]) / 2e-5
            assert gradient[index] == pytest.approx(slope, rel=1e-3, abs=1e-3)


def test_shifting_a_sample_changes_the_others_only_through_the_statistics():
    x = jnp.asarray(samples(), jnp.float32)

    def others(node, x):
        return run(node, x)[1].output[:, 1:].sum(axis=(0, 1))[0]

    batch = jax.grad(lambda x: others(norm(), x))(x)[:, 0, 0]
    frozen = norm().frozen(first(run(norm(), x)[0]))
    apart = jax.grad(lambda x: others(frozen, x))(x)[:, 0, 0]
    assert float(jnp.abs(batch).min()) > 1e-3
    np.testing.assert_array_equal(apart, np.zeros(11))


def test_frozen_form_repeats_the_batch_form_and_sweep_equals_step():
    x = jnp.asarray(samples(), jnp.float32)
    state, records = run(norm(), x)
    frozen = norm().frozen(first(state))
    _, swept = run(frozen, x)
    np.testing.assert_allclose(swept.output, records.output, atol=1e-5)

    own = frozen.init(key=KEY)
    stepped = []
    for tick in x[:, 2]:
        own, output = frozen.step(own, {"input": tick}, None)
        stepped.append(output)
    np.testing.assert_allclose(jnp.stack(stepped), swept.output[:, 2], atol=1e-6)


def test_frozen_form_is_affine_in_every_sample_alone():
    frozen = norm().frozen(FrozenStatistics(np.full(3, 2.0), np.full(3, 3.9)))
    _, records = run(frozen, np.zeros((5, 3)))
    np.testing.assert_allclose(records.output[0], BIAS - GAIN * 2.0 / 2.0, atol=1e-6)
    _, pieces = run(frozen, samples(), checkpoint=3)
    _, whole = run(frozen, samples())
    np.testing.assert_allclose(pieces.output, whole.output, atol=1e-6)


def test_in_a_network_it_normalises_what_a_projection_delivers():
    net = chain(Input(5), Dense(5, 3), norm(), key=KEY)
    x = np.random.default_rng(3).normal(size=(9, 6, 5))
    state, records = run(net, x)
    arriving = x @ np.asarray(net.projections[0].weight, np.float64)
    np.testing.assert_allclose(records.output, reference(arriving), atol=1e-4)
    mean = state.node.nodes["output"].statistics.mean[0]
    np.testing.assert_allclose(mean, arriving.mean((0, 1)), atol=1e-5)
    kept = run(net, x, record={"norm": Record("output")})[1].kept["norm"]
    np.testing.assert_array_equal(kept, records.output)


def test_an_ensemble_has_statistics_of_its_own_per_member():
    nodes = eqx.filter_vmap(lambda gain: BatchNorm(3, EPS, gain=gain))(jnp.array([1.0, 2.0]))
    x = jnp.asarray(samples(), jnp.float32)
    out = eqx.filter_vmap(lambda node, x: run(node, x)[1].output)(nodes, jnp.stack([x, 3 * x]))
    np.testing.assert_allclose(out[0], reference(samples(), 1.0, 0.0), atol=2e-5)
    np.testing.assert_allclose(out[1], reference(3 * samples(), 2.0, 0.0), atol=5e-5)


def test_gain_and_bias_are_learnable_and_statistics_are_not():
    mask = learnable_mask(norm().frozen(FrozenStatistics(np.zeros(3), np.ones(3))))
    assert mask.gain is True and mask.bias is True and mask.eps is False
    assert mask.statistics.mean is False and mask.statistics.variance is False


def test_batch_statistics_refuse_a_run_without_a_batch():
    with pytest.raises(NeuropilError, match="inputs: got a single sample without a batch axis"):
        run(norm(), np.zeros((4, 3)))


def test_batch_statistics_refuse_single_ticks():
    node = norm()
    with pytest.raises(NeuropilError, match="statistics: got BatchStatistics.*[\\s\\S]*freeze"):
        node.step(node.init(key=KEY), {"input": jnp.zeros(3)}, None)
    with pytest.raises(NeuropilError, match="statistics"):
        settle(node, np.zeros(3), tolerance=1e-3, max_steps=3)
    loop = Projection("norm", "norm", Dense(3, 3, ProjectionDelay(1)), np.zeros((3, 3)))
    with pytest.raises(NeuropilError, match="statistics"):
        run(Network({"norm": node}, (loop,), "norm"), np.zeros((4, 2, 3)))


@pytest.mark.parametrize(
    ("name", "build"),
    [
        ("size", lambda: BatchNorm(0)),
        ("size", lambda: BatchNorm("three")),
        ("eps", lambda: BatchNorm(3, eps=0.0)),
        ("eps", lambda: BatchNorm(3, eps=[1e-5, 1e-5])),
        ("eps", lambda: BatchNorm(3, eps="small")),
        ("statistics", lambda: BatchNorm(3, statistics="batch")),
        ("statistics", lambda: BatchNorm(3, statistics=FrozenStatistics([0.0], [1.0]))),
        ("statistics", lambda: BatchNorm(3).frozen(BatchStatistics())),
        (
            "statistics",
            lambda: BatchNorm(3).frozen(FrozenStatistics(np.zeros((4, 3)), np.ones((4, 3)))),
        ),
        ("gain", lambda: BatchNorm(3, gain=[1.0, 2.0])),
        ("gain", lambda: BatchNorm(3, gain=np.nan)),
        ("bias", lambda: BatchNorm(3, bias=None)),
        ("mean", lambda: FrozenStatistics("zero", 1.0)),
        ("variance", lambda: FrozenStatistics([0.0], [-1.0])),
        ("variance", lambda: FrozenStatistics([0.0], [1.0, 1.0])),
    ],
)
def test_nonsense_is_refused_by_name(name, build):
    with pytest.raises(NeuropilError, match=f"^{name}: got [\\s\\S]*Fix: "):
        build()


def test_a_run_cut_into_pieces_normalises_each_by_itself():
    x = samples()[:10]
    _, records = run(norm(), x, checkpoint=5)
    np.testing.assert_allclose(records.output[:5], reference(x[:5]), atol=2e-5)
    np.testing.assert_allclose(records.output[5:], reference(x[5:]), atol=2e-5)
