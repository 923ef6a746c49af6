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


def test_a_circulant_rounds_by_no_more_than_it_says():
    rng = np.random.default_rng(1)
    weight = rng.random(2048).astype(np.float32) * (np.arange(2048) < 40)
    signal = (rng.random(2048) < 0.01) * (np.arange(2048) < 1000)
    i, j = np.mgrid[:2048, :2048]
    exact = signal @ np.asarray(weight, np.float64)[(j - i) % 2048]
    arriving = np.asarray(Circulant(2048).transmit(jnp.asarray(weight), jnp.asarray(signal)))
    assert np.abs(arriving - exact).max() < 5e-7 * exact.max()
