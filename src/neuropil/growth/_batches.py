"""Samples in batches, outside of `fit`."""

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..numerics import as_count, fail
from ..training import Arrays, Data


def as_samples(value: Any, name: str) -> Data:
    """Return data given as such or as a pair of arrays."""
    if isinstance(value, tuple) and len(value) == 2:
        return Arrays(*value)
    is_array = isinstance(value, np.ndarray | jax.Array)  # these have a `take` of their own
    if is_array or not isinstance(value, Data) or isinstance(value, type):
        expected = "a pair (inputs, targets), Arrays, Encoded or Batches"
        fail(name, type(value).__name__, expected, f"pass e.g. {name}=(inputs, targets)")
    return value


def batch_size_of(data: Data, batch_size: int | None) -> int:
    """Return how many samples a batch has: all of them for None."""
    return data.size if batch_size is None else min(as_count(batch_size, "batch_size"), data.size)


def batches(data: Data, size: int, steps: int, key) -> Iterator[tuple[Any, Any, Any]]:
    """Yield inputs, targets and keys of so many batches; an incomplete last one is left out."""
    per_pass = data.size // size
    order = np.arange(data.size)
    for step in range(steps):
        epoch, position = divmod(step, per_pass)
        own = jax.random.fold_in(key, epoch)
        if position == 0 and per_pass > 1:
            order = np.asarray(jax.random.permutation(own, data.size))
        yield take(data, order[position * size : (position + 1) * size], own)


def take(data: Data, indices: np.ndarray, key) -> tuple[Any, Any, Any]:
    """Return inputs, targets and keys of some samples; a key depends on the sample alone."""
    keys = _keys(key, jnp.asarray(indices))
    return (*data.take(indices, keys), keys)


@jax.jit
def _keys(key, indices):
    return jax.vmap(lambda i: jax.random.fold_in(key, i))(indices)
