"""Connectivities whose matrix is never written out equal the one whose is."""

import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.connectivity import Circulant, Dense, UniformBlocks


def drawn(*shape):
    return jnp.asarray(np.random.default_rng(0).normal(size=shape), jnp.float32)


@pytest.mark.parametrize(
    ("sources", "targets"), [((3, 1, 4), (2, 5)), ((1, 1), (3, 2, 2)), ((6,), (4,))]
)
def test_uniform_blocks_are_the_matrix_of_repeated_weights(sources, targets):
    blocks = UniformBlocks(sources, targets)
    weight, signal = drawn(*blocks.weight_shape), drawn(*blocks.source)
    matrix = np.repeat(np.repeat(weight, sources, axis=0), targets, axis=1)
    dense = Dense(*blocks.source, *blocks.target).transmit(jnp.asarray(matrix), signal)
    arriving = blocks.transmit(weight, blocks.read(signal[None]))
    np.testing.assert_allclose(arriving, dense, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("neurons", [1, 6, 7])
def test_a_circulant_is_the_matrix_of_weights_by_way_along_the_ring(neurons):
    ring = Circulant(neurons)
    weight, signal = drawn(neurons), drawn(neurons)
    i, j = np.mgrid[:neurons, :neurons]
    matrix = np.asarray(weight)[(j - i) % neurons]
    np.testing.assert_allclose(
        ring.transmit(weight, signal), np.asarray(signal) @ matrix, rtol=1e-4, atol=1e-5
    )
