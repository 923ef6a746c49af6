"""What a run draws from: its ticks, its state at rest, its samples; no two share a key.

Tick t draws from `fold_in(key, t)`. What is not a tick has a number that no tick has.
"""

from typing import Any

import jax
import jax.numpy as jnp

from ..numerics import fail, is_one_key

_REST, _SAMPLES = 2**32 - 1, 2**32 - 2  # ticks end at 2**31


def rest_key(key) -> Any:
    """Return the key from which the state before the first tick is drawn."""
    return jax.random.fold_in(key, _REST)


def sample_keys(key, batch: int | None) -> Any:
    """Return the key of the run, or of the run of every sample.

    **Raises:** `NeuropilError` unless there is one key, or one per sample.
    """
    if batch is None:
        if not is_one_key(key):
            fail("key", f"keys of shape {key.shape}", "one key, as there is no batch", "pass one")
        return key
    if is_one_key(key):
        samples = jax.random.fold_in(key, _SAMPLES)
        return jax.vmap(lambda i: jax.random.fold_in(samples, i))(jnp.arange(batch))
    if key.shape[:1] != (batch,) or not is_one_key(key[0]):
        fail("key", f"keys of shape {key.shape}", f"one key, or {batch}, one per sample", "match")
    return key
