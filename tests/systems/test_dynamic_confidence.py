"""Stopping by confidence: the conversion is exact where it can be, and the claims hold."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.core import simulate
from neuropil.numerics import QuantisedReLU
from neuropil.systems import as_declared, check_claim, load_system
from neuropil.systems.dynamic_confidence._judged import judge
from neuropil.systems.dynamic_confidence._network import build, to_spiking
from neuropil.systems.dynamic_confidence._settings import Settings


def test_steps_are_rounded_and_their_gradient_passes_between_the_ends():
    steps = QuantisedReLU(0.5, 3)
    z = jnp.array([-1.0, 0.2, 0.3, 1.2, 2.0])
    np.testing.assert_allclose(steps(z), [0.0, 0.0, 0.5, 1.0, 1.5])
    np.testing.assert_allclose(jax.vmap(jax.grad(steps))(z), [0.0, 1.0, 1.0, 1.0, 0.0])


def test_a_layer_that_spikes_means_what_its_units_are():
    settings = Settings(hidden=(12,))
    network = build(6, 3, settings, jax.random.key(0))
    spiking, levels = to_spiking(network), 2**settings.bits - 1
    x = jax.random.uniform(jax.random.key(1), (8, 6))
    units = simulate(network, x[None], dt=1.0, key=jax.random.key(0))[1].output[0]
    shown = jnp.broadcast_to(x, (levels, *x.shape))  # a constant input, as many ticks as levels
    mean = simulate(spiking, shown, dt=1.0, key=jax.random.key(0))[1].output.mean(axis=0)
    np.testing.assert_allclose(mean, units, rtol=1e-4, atol=1e-4)


def test_what_stopping_is_worth_is_counted_right():
    evidence = np.zeros((4, 4, 2), np.float32)
    evidence[..., 0] = -1.0  # all wrong but for:
    evidence[0, 0], evidence[1:, 0] = [1, 0], [1, 0]
    evidence[2:, 1] = [1, 0]
    targets, tick = np.zeros(4, int), np.array([0, 2, 0, 0])
    found = judge(evidence, targets, tick, np.random.default_rng(0))
    assert found.accuracy == 0.5 and found.latency == 1.5
    assert found.gain == 0.25  # two ticks for all: one of four
    assert found.share == 1.5 / 3
    assert 0.0 < found.loss < 0.5


@pytest.mark.slow
@pytest.mark.parametrize("quick", [True, False])
def test_the_claims_hold_and_their_ablations_break_them(quick):
    system = load_system("dynamic-confidence")
    rows = [check_claim(system, claim, quick=quick) for claim in system.claims_for(quick)]
    assert rows and all(as_declared(row) for row in rows), rows
