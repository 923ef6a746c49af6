"""Choices and memories: their parts are on the forward path, and their claims hold."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.core import Network, Tick, simulate
from neuropil.systems import as_declared, check_claim, load_system
from neuropil.systems.attractors._decision_network import build_decision, groups_of, strengths
from neuropil.systems.attractors._decision_trials import BIN, evidence, judged
from neuropil.systems.attractors._neurons import (
    FAINT,
    SLOW,
    fast_instead,
    mean_open,
)
from neuropil.systems.attractors._psychometric import Weibull, fitted
from neuropil.systems.attractors._ring_network import footprint

KEY = jax.random.key(0)


def test_selective_neurons_are_reached_as_strongly_on_average_as_others():
    pools, others = groups_of(1600)[0], groups_of(1600)[2]
    assert (pools, others) == (240, 1120)
    mean = (np.array([pools, pools, others]) @ np.asarray(strengths())) / 1600
    np.testing.assert_allclose(mean[0], mean[1])
    assert mean[2] == pytest.approx(1.0)
    assert strengths()[0, 0] == pytest.approx(1.7)


def test_the_footprint_is_one_on_average_and_symmetric():
    profile = footprint(256)
    assert profile.mean() == pytest.approx(1.0)
    assert profile[0] == pytest.approx(1.62)
    np.testing.assert_allclose(profile[1:], profile[:0:-1])


def opened(gate, rate, ticks=10_000, dt=0.2):
    """The mean share of channels, times conductance, that Poisson spikes keep open."""
    spikes = np.random.default_rng(0).random((ticks, 100)) < rate * dt / 1000.0
    _, records = simulate(gate.node(100), spikes.astype(np.float32), dt=dt, key=KEY)
    return gate.factor * float(records.output[ticks // 4 :].mean())


def test_fast_channels_pass_the_same_mean_current_at_their_rate():
    slow, fast = opened(SLOW, 15.0), opened(fast_instead(15.0), 15.0)
    assert slow == pytest.approx(mean_open(15.0), rel=0.08)
    assert fast == pytest.approx(slow, rel=0.1)
    assert fast_instead(15.0).node(1).alpha == pytest.approx(FAINT)


def test_evidence_excites_the_pool_that_it_is_for():
    network, step = build_decision(0.1), eqx.filter_jit(Network.step)
    pool, state = groups_of(160)[0], network.init(key=KEY)
    spikes = np.zeros(160)
    for index in range(100):
        given = {"evidence.input": jnp.array([20_000.0, 0.0])}
        tick = Tick(jnp.int32(index), 0.2, jax.random.fold_in(KEY, index))
        state, out = step(network, state, given, tick)
        spikes += np.asarray(out)
    assert spikes[:pool].mean() > 1.0 and spikes[pool : 2 * pool].mean() < 0.2
    assert state.nodes["gate"]["s"][:pool].min() > 0.3  # the gates saw the spikes


def test_evidence_has_the_declared_mean_and_spread():
    given = evidence(0.5, 100, KEY)
    during = given[2500:10000:250]
    np.testing.assert_allclose(during.mean((0, 1)), [60.0, 20.0], atol=0.5)
    np.testing.assert_allclose(during.std((0, 1)), 4.0, rtol=0.05)
    assert given[:2500].max() == given[10000:].max() == 0.0


def test_a_choice_is_the_first_pool_over_threshold():
    rates = np.zeros((500, 3, 3))
    rates[240:440, 0, 0] = 30.0  # of the pool with more evidence, from 700 ms after its onset
    rates[140:440, 1, 1] = 30.0
    rates[340:360, 2, 0] = 10.0
    found = judged(rates)
    assert found.correct.tolist()[:2] == [True, False]
    assert found.time[0] == 700.0 + 5 * BIN  # half of the 50 ms window is 15 Hz
    assert found.time[1] == 200.0 + 5 * BIN
    assert np.isnan(found.time[2]) and not found.kept.any()


def test_the_fit_finds_the_function_that_made_the_choices():
    coherence, true = np.array([0.032, 0.064, 0.128, 0.256, 0.512]), Weibull(0.092, 1.5)
    found = fitted(coherence, 1000 * true.at(coherence), 1000)
    assert found.threshold == pytest.approx(0.092, rel=0.02)
    assert found.slope == pytest.approx(1.5, abs=0.06)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ring-attractor", "wang-decision"])
@pytest.mark.parametrize("quick", [True, False])
def test_the_claims_hold_and_their_ablations_break_them(name, quick):
    system = load_system(name)
    rows = [check_claim(system, claim, quick=quick) for claim in system.claims_for(quick)]
    assert rows and all(as_declared(row) for row in rows), rows
