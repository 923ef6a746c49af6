"""The Tempotron corrects wrong answers by what was seen at the peak, and nothing else."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.cells import Units
from neuropil.connectivity import Dense, OneToOne
from neuropil.core import Input, Network, Plasticity, Projection, simulate
from neuropil.plasticity import Tempotron
from neuropil.synapses import PostsynapticPotential

KEY = jax.random.key(0)
TAU, RISE, RATE = 15.0, 4.0, 0.03
SPIKES = np.random.default_rng(1).random((80, 5)) < 0.04


def network(weight, size):
    rule = Plasticity(Tempotron("label", RATE, 1.0))
    return Network(
        {
            "input": Input(5),
            "label": Input(size),
            "potentials": PostsynapticPotential(5, TAU, RISE),
            "neuron": Units(size, jax.nn.identity),
        },
        (
            Projection("input", "potentials", OneToOne(5), jnp.ones(5)),
            Projection("potentials", "neuron", Dense(5, size), weight, plasticity=rule),
        ),
        "neuron",
    )


def by_hand():
    """Sums of the kernel over earlier spikes, `[time, input]`, in double precision."""
    peak = np.log(TAU / RISE) * TAU * RISE / (TAU - RISE)
    height = np.exp(-peak / TAU) - np.exp(-peak / RISE)
    gap = np.arange(80)[:, None] - np.arange(80)
    kernel = np.where(gap >= 0, np.exp(-gap / TAU) - np.exp(-gap / RISE), 0.0) / height
    return kernel @ SPIKES.astype(float)


def test_potentials_are_sums_of_kernels_of_peak_one():
    node = PostsynapticPotential(5, TAU, RISE)
    _, records = simulate(node, SPIKES, dt=1.0, key=KEY)
    np.testing.assert_allclose(records.output, by_hand(), atol=1e-5)
    fine = jnp.zeros((4000, 5)).at[0].set(1.0)
    assert simulate(node, fine, dt=0.01, key=KEY)[1].output.max() == pytest.approx(1.0, abs=1e-5)


def test_weights_move_by_the_potentials_at_the_peak_where_the_answer_is_wrong():
    weight = jnp.asarray(np.random.default_rng(2).normal(0.3, 0.2, (5, 4)))
    seen = by_hand()
    v = seen @ np.asarray(weight, float)
    order = np.argsort(v.max(0))
    weight = weight[:, order] * jnp.asarray([0.5, 0.5, 2.0, 2.0]) / v.max(0)[order]  # to the peak
    v = seen @ np.asarray(weight, float)
    np.testing.assert_allclose(v.max(0), [0.5, 0.5, 2.0, 2.0], rtol=1e-5)
    label = np.zeros((80, 4))
    label[-1] = [1.0, -1.0, 1.0, -1.0]  # missed; rightly silent; rightly spiking; false alarm
    inputs = {"input": SPIKES.astype(float), "label": label}
    state, _ = simulate(network(weight, 4), inputs, dt=1.0, key=KEY)
    at_peak = seen[v.argmax(0)].T
    change = RATE * at_peak * np.array([1.0, 0.0, 0.0, -1.0])
    np.testing.assert_allclose(state.node.weights[1] - weight, change, atol=1e-6)
    assert np.abs(change).max() > 0.01


def test_nothing_is_learned_before_the_label_comes():
    weight = jnp.full((5, 1), 0.1)
    inputs = {"input": SPIKES.astype(float), "label": np.zeros((80, 1))}
    state, _ = simulate(network(weight, 1), inputs, dt=1.0, key=KEY)
    np.testing.assert_array_equal(state.node.weights[1], weight)
