"""Segments: each by itself, with samples of what it stores, and gradients where they are near."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.cells import HardReset, lif
from neuropil.connectivity import FanIn, segments
from neuropil.core import Input, Network, Projection, simulate
from neuropil.numerics import NeuropilError
from neuropil.synapses import ActiveSegments

CELLS = 60


def network(stored, synapses, threshold):
    kind, weight = segments(CELLS, stored, synapses, jax.random.key(0))
    neurons, of_neuron = stored.shape[:2]
    receptors = {"apical": ActiveSegments(of_neuron, threshold)}
    nodes = {
        "cells": Input(CELLS),
        "neurons": lif(neurons, threshold=0.5, reset=HardReset(), receptors=receptors),
    }
    return Network(nodes, (Projection("cells", "neurons.apical", kind, weight),), "neurons")


def drawn(shape, active, seed=0):
    rng = np.random.default_rng(seed)
    return rng.random((*shape, CELLS)).argsort(axis=-1)[..., :active]


def shown(net, active):
    return simulate(net, active, dt=1.0, key=jax.random.key(0))[1].output


def test_a_network_spikes_as_counting_says():
    stored = drawn((7, 3, 2), 12)
    net = network(stored, 6, 4.0)
    kind = net.projections[0].connectivity
    patterns = np.zeros((200, CELLS), np.float32)
    np.put_along_axis(patterns, drawn((200,), 20, 1), 1.0, axis=1)
    places = np.asarray(kind.indices).reshape(7, 3, -1)
    counts = np.where(places >= 0, patterns[:, places], 0.0).sum(axis=-1)
    expected = (counts >= 4).any(axis=-1)
    assert 0.05 < expected.mean() < 0.95
    np.testing.assert_array_equal(shown(net, patterns) > 0, expected)


def test_every_segment_samples_its_patterns_and_shared_cells_have_one_synapse():
    stored = drawn((5, 4, 3), 15)
    kind, weight = segments(CELLS, stored, 7, jax.random.key(1))
    assert kind.target == (5, 4)
    taken = np.asarray(kind.indices).reshape(5, 4, -1)
    for neuron, segment in np.ndindex(5, 4):
        own = taken[neuron, segment][taken[neuron, segment] >= 0]
        assert len(np.unique(own)) == len(own)
        of_pattern = [np.isin(own, pattern).sum() for pattern in stored[neuron, segment]]
        assert min(of_pattern) >= 7
        assert set(own) <= set(stored[neuron, segment].ravel())
    np.testing.assert_array_equal(weight, np.asarray(kind.indices) >= 0)


def test_synapses_on_two_segments_do_not_add_up():
    receptor = ActiveSegments(2, threshold=8.0, height=3.0)
    arriving = jnp.array([[4.0, 4.0], [8.0, 0.0], [9.0, 9.0]])
    _, drive = receptor.step((), arriving, jnp.zeros(3), None)
    assert drive.jump.tolist() == [0.0, 3.0, 3.0]


def test_the_gradient_is_that_of_the_segment_nearest_to_its_threshold():
    receptor = ActiveSegments(2, threshold=8.0)

    def jump(arriving):
        return receptor.step((), arriving, jnp.zeros(1), None)[1].jump.sum()

    slope = jax.grad(jump)(jnp.array([[7.9, 3.0]]))
    assert slope[0, 0] == pytest.approx(1 / (1 + 25 * 0.1) ** 2, rel=1e-4)
    assert slope[0, 1] == 0.0


def test_a_projection_to_the_population_without_segments_is_refused():
    kind = FanIn(CELLS, 3, np.zeros((3, 2), int))
    nodes = {"cells": Input(CELLS), "neurons": lif(3, receptors={"apical": ActiveSegments(2)})}
    with pytest.raises(NeuropilError, match="neurons.apical"):
        Network(nodes, (Projection("cells", "neurons.apical", kind, jnp.ones((3, 2))),), "neurons")
