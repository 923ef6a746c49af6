"""Sources: their statistics, and that they do not depend on how a run is cut."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.cells import leaky_integrator
from neuropil.coding import OrnsteinUhlenbeck, PoissonCount, PoissonSource, SpikeGenerator
from neuropil.connectivity import Dense, OneToOne, ProjectionDelay
from neuropil.core import Network, NeuropilError, Projection, simulate
from neuropil.numerics import uniform

from .._selection import mostly_slow

KEY = jax.random.key(3)
RNG = np.random.default_rng(0)
EVENTS = np.unique(RNG.integers(0, [40, 7], (60, 2)), axis=0)
SOURCES = {
    "poisson": lambda: PoissonSource(7, 200.0),
    "count": lambda: PoissonCount(7, 3000.0),
    "coloured": lambda: OrnsteinUhlenbeck(7, 1.0, 0.5, 4.0),
    "player": lambda: SpikeGenerator(7, EVENTS[:, 1], EVENTS[:, 0]),
}


def run(node, ticks, dt=1.0, **options):
    state, records = simulate(node, None, dt=dt, key=KEY, ticks=ticks, **options)
    return state, np.asarray(records.output)


@pytest.mark.parametrize("cut", mostly_slow(17, 1, 39))
@pytest.mark.parametrize("name", SOURCES)
def test_a_run_in_two_pieces_is_the_run_in_one_bit_for_bit(name, cut):
    node = SOURCES[name]()
    whole, output = run(node, 40)
    first, early = run(node, cut)
    last, late = run(node, 40 - cut, state=first)
    assert np.ptp(output) > 0
    np.testing.assert_array_equal(np.concatenate([early, late]), output)
    for a, b in zip(jax.tree.leaves(last), jax.tree.leaves(whole), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", SOURCES)
def test_in_a_loop_and_alone_a_source_plays_the_same(name):
    """Inside a component that is run tick by tick, too."""
    source, n = SOURCES[name](), 7
    cells = leaky_integrator(n, tau=1e-6)
    forth, back = OneToOne(n), Dense(n, n, ProjectionDelay(1))
    still = Projection("cells", "cells", back, jnp.zeros((n, n)))
    heard = Projection("source", "cells", forth, jnp.ones(n))
    nodes = {"source": source, "cells": cells}
    _, together = run(Network(nodes, (heard, still), "cells"), 40)
    _, alone = run(Network(nodes, (heard,), "source"), 40)
    np.testing.assert_allclose(together, alone, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("rate", [3.0, 80.0, 700.0])
def test_poisson_spikes_have_their_rate_and_are_independent(rate):
    _, spikes = run(PoissonSource(50, rate), 20_000, dt=0.5)
    p = rate * 0.5e-3
    expected = p * spikes.size
    assert set(np.unique(spikes)) <= {0.0, 1.0}
    assert abs(spikes.sum() - expected) < 5.0 * np.sqrt(expected)
    lagged = np.mean(spikes[1:] * spikes[:-1])
    assert abs(lagged - p**2) < 5.0 * p * np.sqrt(1.0 / spikes.size)
    shared = np.mean(spikes[:, 0] * spikes[:, 1])
    assert abs(shared - p**2) < 5.0 * p / np.sqrt(len(spikes))


def test_uniform_numbers_are_uniform_and_independent():
    """Within a tick, between the two words of a block, and between ticks."""
    from scipy.stats import kstest

    keys = jax.random.split(KEY, 400)
    x = np.asarray(jax.vmap(lambda key: uniform(key, (501,), jnp.float32))(keys))
    assert x.min() >= 0.0 and x.max() < 1.0
    assert kstest(x.ravel(), "uniform").pvalue > 1e-3
    z = (x - 0.5) * np.sqrt(12.0)
    for a, b in [(z[:, :250], z[:, 251:]), (z[:, 1:], z[:, :-1]), (z[1:], z[:-1])]:
        assert abs(np.mean(a * b)) < 5.0 / np.sqrt(a.size)
    assert np.unique(x[0]).size > 495
    raw = uniform(jax.random.key_data(keys[0]), (3, 167), jnp.float32)
    np.testing.assert_array_equal(raw, x[0].reshape(3, 167))
    other = uniform(jax.random.key(1, impl="rbg"), (501,), jnp.float32)
    assert abs(float(other.mean()) - 0.5) < 5.0 / np.sqrt(12.0 * 501)


@pytest.mark.parametrize("mean", [0.05, 0.8, 12.0, 90.0])
def test_counts_have_the_poisson_distribution(mean):
    from scipy.stats import poisson

    _, counts = run(PoissonCount(200, 1000.0 * mean), 500)
    assert np.all(counts == np.round(counts)) and counts.min() >= 0
    assert abs(counts.mean() - mean) < 5.0 * np.sqrt(mean / counts.size)
    assert counts.var() == pytest.approx(mean, rel=0.05)
    values = np.arange(int(poisson.ppf(0.999, mean)) + 1)
    found = np.mean(counts[..., None] == values, axis=(0, 1))
    expected = poisson.pmf(values, mean)
    assert np.all(abs(found - expected) < 5.0 * np.sqrt(expected / counts.size) + 1e-5)
    assert counts.max() <= poisson.isf(1e-9, mean)


def test_counts_of_different_means_side_by_side():
    _, counts = run(PoissonCount(3, [0.0, 500.0, 20_000.0]), 20_000)
    np.testing.assert_allclose(counts.mean(0), [0.0, 0.5, 20.0], rtol=0.03)


def test_rates_may_arrive():
    rate = np.zeros((4000, 2))
    rate[2000:, 1] = 100.0
    _, records = simulate(PoissonSource(2, [0.0, 50.0]), rate, dt=1.0, key=KEY)
    silent, spikes = np.asarray(records.output).T
    assert silent.sum() == 0.0
    assert spikes[:2000].mean() == pytest.approx(0.05, abs=0.02)
    assert spikes[2000:].mean() == pytest.approx(0.15, abs=0.03)


@pytest.mark.parametrize("dt", [0.1, 3.0])
def test_coloured_noise_has_its_moments_at_any_time_step(dt):
    tau, ticks = 5.0, 4000
    _, x = run(OrnsteinUhlenbeck(200, mean=2.0, sd=0.7, tau=tau), ticks, dt=dt)
    independent = 200 * max(ticks * dt / (2 * tau), 1.0)
    assert abs(x.mean() - 2.0) < 5.0 * 0.7 / np.sqrt(independent)
    assert x.std() == pytest.approx(0.7, abs=5.0 * 0.7 / np.sqrt(independent))
    assert x[0].std() == pytest.approx(0.7, rel=0.25)  # from the first tick on
    z = (x - 2.0) / 0.7
    lag = max(1, round(tau / dt))
    found = np.mean(z[lag:] * z[:-lag])
    assert abs(found - np.exp(-lag * dt / tau)) < 6.0 / np.sqrt(independent)


def test_noise_without_a_walk_decays_exactly():
    node = OrnsteinUhlenbeck(1, mean=1.0, sd=0.0, tau=5.0)
    state, _ = run(node, 1)
    state = state._replace(node=jnp.array([3.0]))
    _, x = run(node, 20, dt=0.5, state=state)
    expected = 1.0 + 2.0 * np.exp(-0.1 * np.arange(1, 21))
    np.testing.assert_allclose(x[:, 0], expected, rtol=1e-5)


def test_a_player_plays_its_events_in_any_order():
    table = np.zeros((40, 7))
    table[EVENTS[:, 0], EVENTS[:, 1]] = 1.0
    for order in (np.arange(len(EVENTS)), RNG.permutation(len(EVENTS))):
        ticks, neurons = EVENTS[order].T
        _, output = run(SpikeGenerator(7, neurons, ticks), 40)
        np.testing.assert_array_equal(output, table)


def test_a_player_without_events_is_silent_and_memory_is_that_of_events():
    assert run(SpikeGenerator(3, [], []), 5)[1].sum() == 0.0
    player = SpikeGenerator(1_000_000, [999_999, 0], [10**9, 3])
    assert sum(x.nbytes for x in jax.tree.leaves(player)) == 16
    assert player.fullest == 1


REFUSED = {
    "a neuron too far": ([0, 3], [0, 1], "neurons: got 3 in event 1"),
    "a neuron below zero": ([-1], [0], "neurons: got -1"),
    "a tick below zero": ([0], [-2], "ticks: got -2"),
    "two spikes at once": ([1, 0, 1], [4, 4, 4], "neuron 1 twice in tick 4"),
    "times in ms": ([0], [0.5], "ticks: got float64"),
    "two lengths": ([0, 1], [0], "2 neurons and 1 ticks"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_events_that_cannot_be_are_refused(name):
    neurons, ticks, message = REFUSED[name]
    with pytest.raises(NeuropilError, match=message):
        SpikeGenerator(3, neurons, ticks)
