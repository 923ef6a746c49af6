"""Escape noise: rates, likelihoods and derivatives against their formulas."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.cells import (
    AbsoluteRefractory,
    EscapeNoise,
    HardReset,
    NoReset,
    Potential,
    hodgkin_huxley,
    lif,
    morris_lecar,
)
from neuropil.connectivity import Dense, ProjectionDelay
from neuropil.core import Current, Network, NeuropilError, Projection, Record, Tick, simulate

KEY = jax.random.key(3)


def tick(dt, key=KEY):
    return Tick(jnp.array(0), dt, key)


def probability(u, hazard, width, dt):
    return 1.0 - np.exp(-hazard * np.exp(u / width) * dt)


@pytest.mark.parametrize("dt", [0.1, 2.0])
def test_the_share_of_spikes_is_the_hazard(dt):
    u = np.array([-2.0, -0.5, 0.0, 0.4])
    emission = EscapeNoise(hazard=0.3, width=0.5)
    spikes = emission.emit(jnp.broadcast_to(u, (200_000, 4)), tick(dt))
    assert set(np.unique(spikes)) <= {0.0, 1.0}
    p = probability(u, 0.3, 0.5, dt)
    np.testing.assert_allclose(np.mean(spikes, 0), p, atol=5 * np.sqrt(p * (1 - p) / 200_000).max())


def test_intervals_under_a_constant_hazard_do_not_depend_on_the_time_step():
    """At the same potential, the rate is the hazard however time is cut."""
    for dt in (0.05, 0.5):
        node = lif(2000, emission=EscapeNoise(0.02, 1.0), reset=NoReset())
        _, records = simulate(node, None, dt=dt, key=KEY, ticks=round(100.0 / dt))
        rate = float(records.output.sum()) / (2000 * 100.0)
        hazard = 0.02 * np.exp(-1.0)
        assert rate == pytest.approx(hazard, rel=5 / np.sqrt(hazard * 2000 * 100))


def test_parameters_may_differ_between_neurons():
    emission = EscapeNoise(hazard=np.array([1e-6, 1e6]), width=np.array([0.1, 3.0]))
    node = lif(2, emission=emission)
    spikes = simulate(node, None, dt=1.0, key=KEY, ticks=20)[1].output
    np.testing.assert_array_equal(spikes.sum(0), [0.0, 20.0])


def test_log_prob_is_the_log_likelihood():
    u = jnp.array([-1.0, 0.2, 0.9, -0.4])
    spikes = jnp.array([0.0, 1.0, 0.0, 1.0])
    p = probability(np.asarray(u, float), 0.7, 0.5, 0.5)
    by_hand = np.where(spikes > 0, np.log(p), np.log(1.0 - p))
    found = EscapeNoise(0.7, 0.5).log_prob(u, spikes, tick(0.5))
    np.testing.assert_allclose(found, by_hand, rtol=1e-5)


@pytest.mark.parametrize("u", [-1e4, -90.0, 0.0, 90.0, 1e4])
@pytest.mark.parametrize("spike", [0.0, 1.0])
def test_log_prob_and_its_derivative_are_finite_far_from_threshold(u, spike):
    def log_prob(u):
        return EscapeNoise().log_prob(u, spike, tick(0.1))

    value, slope = jax.value_and_grad(log_prob)(jnp.float32(u))
    assert np.isfinite(value) and np.isfinite(slope)
    emitted, slope = jax.value_and_grad(lambda u: EscapeNoise().emit(u, tick(0.1)))(jnp.float32(u))
    assert np.isfinite(emitted) and np.isfinite(slope)


@pytest.mark.parametrize("width", [0.1, 1.0])
def test_the_derivative_of_log_prob_is_that_of_the_formula_however_likely_a_spike_is(width):
    """With x spikes expected, d log(1 - e^-x) / du = x e^-x / (1 - e^-x) / w."""
    u = np.linspace(-20.0, 25.0, 91) * width
    x = 0.1 * np.exp(u / width)
    expected = x / np.expm1(np.minimum(x, 700.0)) / width
    noise = EscapeNoise(1.0, width)
    slope = jax.vmap(jax.grad(lambda u: noise.log_prob(u, 1.0, tick(0.1))))(jnp.float32(u))
    np.testing.assert_allclose(slope, expected, rtol=2e-3, atol=1e-6 / width)


def test_spikes_far_below_threshold_are_as_rare_as_they_should_be():
    """Not as frequent as the steps of single precision between 0 and 1."""
    u = jnp.full(2_000_000, -18.4)  # so that 1e-9 spikes are expected in a tick
    keys = jax.random.split(KEY, 20)
    count = sum(int(EscapeNoise().emit(u, tick(0.1, key)).sum()) for key in keys)
    assert count <= 2  # of 0.04; it would be 5 in steps of 2^-23


def test_cells_that_make_their_own_spikes_are_refused():
    with pytest.raises(NeuropilError, match="emission: got EscapeNoise for HodgkinHuxley"):
        hodgkin_huxley(3, emission=EscapeNoise())
    morris_lecar(3, detection=Potential(), emission=EscapeNoise())


def test_a_spike_has_the_derivative_of_its_probability():
    u, key = jnp.array([-0.8, 0.0, 0.3]), jax.random.key(1)

    def emitted(u, hazard, width):
        return EscapeNoise(hazard, width).emit(u, tick(0.5, key)).sum()

    def expected(u, hazard, width):
        return (1.0 - jnp.exp(-hazard * jnp.exp(u / width) * 0.5)).sum()

    point = u, jnp.array(0.4), jnp.array(0.6)
    for position in range(3):
        found = jax.grad(emitted, position)(*point)
        np.testing.assert_allclose(found, jax.grad(expected, position)(*point), rtol=1e-5)
    direction = jax.tree.map(jnp.ones_like, point)
    forward = jax.jvp(emitted, point, direction)[1]
    np.testing.assert_allclose(forward, jax.jvp(expected, point, direction)[1], rtol=1e-5)


def test_the_score_gives_the_gradient_of_the_expectation():
    """E[spike d log_prob] is the derivative of the probability, with no surrogate."""
    u, emission = jnp.full(400_000, 0.2), EscapeNoise(0.5, 0.7)
    spikes = emission.emit(u, tick(0.5))
    score = jax.grad(lambda u: emission.log_prob(u, spikes, tick(0.5)).sum())(u)
    p = probability(0.2, 0.5, 0.7, 0.5)
    exact = (1.0 - p) * 0.5 * np.exp(0.2 / 0.7) / 0.7 * 0.5
    assert float(jnp.mean(score * spikes)) == pytest.approx(exact, rel=0.02)
    assert float(jnp.mean(score)) == pytest.approx(0.0, abs=0.02 * exact)


def test_a_narrow_width_is_a_threshold():
    x = np.random.default_rng(0).normal(0.2, 0.4, (400, 20))
    options = {"reset": HardReset(), "receptors": {"input": Current()}, "resistance": 20.0}
    sharp = lif(20, emission=EscapeNoise(1e3, 1e-5), **options)
    found = simulate(sharp, x, dt=1.0, key=KEY)[1].output
    np.testing.assert_array_equal(found, simulate(lif(20, **options), x, dt=1.0, key=KEY)[1].output)


@pytest.mark.parametrize("refractory", [None, AbsoluteRefractory(1.5)])
@pytest.mark.parametrize("is_looped", [False, True])
def test_the_likelihood_of_a_run_is_that_of_its_spikes(refractory, is_looped):
    """Summed over the train, from the potentials before the reset, in NumPy; v is 0 in between."""
    cells = lif(
        40,
        tau=10.0,
        resistance=1.0,
        emission=EscapeNoise(0.3, 0.5),
        refractory=refractory,
        receptors={"input": Current()},
        reset=HardReset(),
    )
    x = np.random.default_rng(1).normal(0.8, 1.0, (60, 40)).astype(np.float32)
    node, path = cells, ""
    if is_looped:
        kind = Dense(40, 40, ProjectionDelay(1))
        silent = Projection("cells", "cells", kind, np.zeros((40, 40)))
        node, path = Network({"cells": cells}, (silent,), "cells"), "cells."
    names = ("v", "log_prob")
    record = {name: Record(path + name) for name in names}
    inputs = {path + "input": x} if is_looped else x
    _, records = simulate(node, inputs, dt=0.5, key=KEY, record=record)
    spikes = np.asarray(records.output)
    v, rest, total = np.zeros(40), np.zeros(40, int), 0.0
    for now, spike, after in zip(x, spikes, np.asarray(records.kept["v"]), strict=True):
        free = rest == 0
        moved = np.where(free, v * np.exp(-0.05) + now * -np.expm1(-0.05), v)
        expected = 0.3 * 0.5 * np.exp((moved - 1.0) / 0.5)
        by_spike = np.where(spike > 0, np.log(-np.expm1(-expected)), -expected)
        total += np.where(free, by_spike, 0.0).sum()
        rest = np.where(spike > 0, 0 if refractory is None else 3, np.maximum(rest - 1, 0))
        v = after.astype(float)
    assert spikes.sum() > 50  # the sum depends on them
    assert float(records.kept["log_prob"].sum()) == pytest.approx(total, rel=1e-4)
