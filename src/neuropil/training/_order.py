"""Which samples make up a step, and their random keys; functions of key, epoch and step alone."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

_ORDER, _SAMPLES, _VALIDATION = 0, 1, 2


class Batch(NamedTuple):
    """Indices of samples, and how much each counts: 0 for those that only fill up the shape."""

    indices: np.ndarray
    weights: np.ndarray


def epoch_order(key, epoch: int, size: int) -> np.ndarray:
    """Return the order in which an epoch visits the samples."""
    key = jax.random.fold_in(jax.random.fold_in(key, _ORDER), epoch)
    return np.asarray(jax.random.permutation(key, size))


def count_batches(size: int, batch_size: int) -> int:
    """Return how many batches hold all samples."""
    return -(-size // batch_size)


def batch_of(order: np.ndarray, step: int, batch_size: int) -> Batch:
    """Return one batch; a short last one is filled up with the first samples of the order.

    >>> batch_of(np.array([4, 2, 0]), 1, 2)
    Batch(indices=array([0, 4]), weights=array([1., 0.], dtype=float32))
    """
    positions = np.arange(step * batch_size, (step + 1) * batch_size)
    return Batch(order[positions % len(order)], (positions < len(order)).astype(np.float32))


def training_keys(key, epoch: int):
    """Return the key of an epoch, to be folded with the index of each sample."""
    return jax.random.fold_in(jax.random.fold_in(key, _SAMPLES), epoch)


def validation_key(key):
    """Return the key of every validation, to be folded with the index of each sample."""
    return jax.random.fold_in(key, _VALIDATION)


@jax.jit
def sample_keys(key, indices):
    """Return one key per sample, whatever batch it is in."""
    return jax.vmap(lambda i: jax.random.fold_in(key, i))(jnp.asarray(indices))
