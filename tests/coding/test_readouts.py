"""Readouts: a run equals single steps, and its end the functions over time."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.cells import leaky_integrator
from neuropil.coding import (
    FirstSpike,
    LeakyIntegral,
    MaxOverTime,
    SpikeCount,
    first_spike,
    max_over_time,
    softmax_over_time,
    spike_count,
)
from neuropil.connectivity import OneToOne
from neuropil.core import Input, Link, NeuropilError, Record, chain, learnable_mask, simulate

KEY = jax.random.key(0)
READOUTS = [
    SpikeCount((2, 3)),
    LeakyIntegral((2, 3), tau=7.0),
    LeakyIntegral((2, 3), tau=np.arange(1.0, 7.0).reshape(2, 3)),
    MaxOverTime((2, 3)),
    FirstSpike((2, 3)),
]
IDS = ["count", "integral", "integral-each-its-own", "max", "first"]
SENSED = {"SpikeCount": "count", "LeakyIntegral": "v", "MaxOverTime": "max", "FirstSpike": "time"}


def run(node, inputs, dt=0.5, **options):
    return simulate(node, inputs, dt=dt, key=KEY, **options)


def graded(seed=0, ticks=23):
    return np.random.default_rng(seed).uniform(size=(ticks, 4, 2, 3)).astype(np.float32)


def spikes(seed=0, ticks=23):
    return (graded(seed, ticks) < 0.1).astype(np.float32)


def scanned(node, inputs):
    """The output and last state of single steps."""

    def one(x):
        state, outputs = node.init(key=KEY), []
        for tick in x:
            state, output = node.step(state, {"input": tick}, Tick(0.5))
            outputs.append(output)
        return state, jnp.stack(outputs)

    return jax.vmap(one, in_axes=1, out_axes=(0, 1))(jnp.asarray(inputs))


class Tick:
    """All that a readout reads of a tick."""

    def __init__(self, dt):
        self.dt = dt


@pytest.mark.parametrize("node", READOUTS, ids=IDS)
@pytest.mark.parametrize("data", [graded, spikes])
def test_a_run_equals_single_steps(node, data):
    x = data()
    state, records = run(node, x)
    stepped, outputs = scanned(node, x)
    np.testing.assert_allclose(records.output, outputs, rtol=1e-5, atol=1e-5)
    for one, other in zip(jax.tree.leaves(state.node), jax.tree.leaves(stepped), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("node", READOUTS, ids=IDS)
@pytest.mark.parametrize("data", [graded, spikes])
def test_gradients_of_a_run_are_those_of_single_steps(node, data):
    x, probe = jnp.asarray(data(ticks=9)), graded(5, ticks=9)
    found = jax.grad(lambda x: jnp.sum(run(node, x)[1].output * probe))(x)
    stepped = jax.grad(lambda x: jnp.sum(scanned(node, x)[1] * probe))(x)
    assert float(jnp.abs(found).max()) > 0.0
    np.testing.assert_allclose(found, stepped, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("node", READOUTS, ids=IDS)
def test_a_run_carried_on_is_the_run_uncut(node):
    x = spikes()
    whole, records = run(node, x)
    state, early = run(node, x[:10])
    last, late = run(node, x[10:], state=state)
    joined = np.concatenate([early.output, late.output])
    np.testing.assert_allclose(joined, records.output, rtol=1e-5, atol=1e-5)
    _, pieces = run(node, x, checkpoint=4)
    np.testing.assert_allclose(pieces.output, records.output, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("node", READOUTS, ids=IDS)
def test_what_is_sensed_is_the_output(node):
    net = chain(Input((2, 3)), Link(OneToOne((2, 3)), jnp.ones((2, 3))), node, key=KEY)
    wish = Record(f"output.{SENSED[type(node).__name__]}")
    _, records = run(net, spikes(), record={"sensed": wish})
    np.testing.assert_allclose(records.kept["sensed"], records.output, atol=1e-6)
    assert not any(jax.tree.leaves(learnable_mask(node)))


def test_the_last_output_is_that_of_the_functions():
    x = spikes()
    np.testing.assert_array_equal(run(SpikeCount((2, 3)), x)[1].output[-1], spike_count(x))
    np.testing.assert_array_equal(spike_count(x), x.sum(0))
    np.testing.assert_allclose(
        run(FirstSpike((2, 3)), x)[1].output[-1], first_spike(x, 0.5), atol=1e-6
    )
    x = -1.0 - graded()
    np.testing.assert_array_equal(run(MaxOverTime((2, 3)), x)[1].output[-1], max_over_time(x))
    np.testing.assert_array_equal(max_over_time(x), x.max(0))


def test_first_spike_is_the_first_in_ms_or_the_length_of_the_run():
    x = spikes()
    when = np.where(x.any(0), x.argmax(0) * 0.5, 23 * 0.5)
    assert x.any(0).any() and not x.any(0).all()
    np.testing.assert_allclose(first_spike(x, 0.5), when, atol=1e-6)


def test_first_spike_of_probabilities_is_the_expected_time():
    p = np.array([0.2, 0.5, 0.9])
    first_at = np.array([0.2, 0.8 * 0.5, 0.8 * 0.5 * 0.9, 0.8 * 0.5 * 0.1])
    expected = (first_at * np.array([0.0, 2.0, 4.0, 6.0])).sum()
    assert float(first_spike(p, 2.0)) == pytest.approx(expected, rel=1e-6)


def test_first_spike_has_the_gradient_of_the_waiting_time():
    gradient = jax.grad(lambda s: first_spike(s, 1.0))(jnp.array([0.0, 0.0, 1.0, 0.0, 1.0, 0.0]))
    np.testing.assert_allclose(gradient, [-2.0, -1.0, -2.0, 0.0, 0.0, 0.0], atol=1e-6)


def test_leaky_integral_is_the_leaky_integrator_of_the_cells():
    x = graded()
    membrane = leaky_integrator((2, 3), tau=7.0)
    _, readout = run(LeakyIntegral((2, 3), tau=7.0), x)
    np.testing.assert_allclose(readout.output, run(membrane, x)[1].output, rtol=1e-5, atol=1e-5)


def test_leaky_integral_has_a_closed_form():
    x = graded()[:, 0, 0, 0].astype(np.float64)
    lags = np.arange(23)[:, None] - np.arange(23)
    expected = np.where(lags >= 0, np.exp(-lags * 0.5 / 7.0), 0.0) @ x
    output = run(LeakyIntegral(1, tau=7.0), x[:, None])[1].output[:, 0]
    np.testing.assert_allclose(output, expected, rtol=1e-5)


def test_softmax_over_time_shares_one_vote_per_tick():
    y = np.random.default_rng(1).normal(size=(11, 4, 5)) * 3
    votes = np.exp(y) / np.exp(y).sum(-1, keepdims=True)
    score = softmax_over_time(y)
    np.testing.assert_allclose(score, votes.sum(0), rtol=1e-5)
    np.testing.assert_allclose(score.sum(-1), np.full(4, 11.0), rtol=1e-5)


def test_booleans_are_read_as_spikes():
    x = spikes() > 0
    np.testing.assert_array_equal(spike_count(x), x.sum(0))
    for node in READOUTS:
        np.testing.assert_allclose(
            run(node, x)[1].output, run(node, x.astype(np.float32))[1].output, atol=1e-6
        )


@pytest.mark.parametrize("score", [spike_count, max_over_time, lambda y: first_spike(y, 1.0)])
@pytest.mark.parametrize("nonsense", ["spikes", 1.0, None, np.zeros((0, 3)), [[1.0], [1.0, 2.0]]])
def test_scores_refuse_what_has_no_time(score, nonsense):
    with pytest.raises(NeuropilError, match="^output: got [\\s\\S]*Fix: "):
        score(nonsense)


@pytest.mark.parametrize(
    ("name", "build"),
    [
        ("size", lambda: SpikeCount(0)),
        ("size", lambda: MaxOverTime("three")),
        ("size", lambda: FirstSpike((2, -1))),
        ("size", lambda: LeakyIntegral(2.5)),
        ("tau", lambda: LeakyIntegral(3, tau=0.0)),
        ("tau", lambda: LeakyIntegral(3, tau=np.nan)),
        ("tau", lambda: LeakyIntegral(3, tau=[1.0, 2.0])),
        ("output", lambda: softmax_over_time(np.zeros(3))),
        ("output", lambda: softmax_over_time("votes")),
        ("dt", lambda: first_spike(np.zeros((3, 1)), 0.0)),
    ],
)
def test_nonsense_is_refused_by_name(name, build):
    with pytest.raises(NeuropilError, match=f"^{name}: got [\\s\\S]*Fix: "):
        build()
