"""Uniform numbers that are fine where they are small."""

import math

import jax
import jax.numpy as jnp
from jax.extend.random import threefry_2x32


def uniform(key, shape, dtype):
    """Return uniform numbers between 0 and 1, both excluded, in steps of at most 2^-32.

    Those of `jax.random.uniform` come in steps of 2^-23 in single precision, so that events of any
    smaller probability would happen as often as one of 10^-7.

    >>> drawn = uniform(jax.random.key(0), (1000,), jnp.float32)
    >>> bool((drawn > 0.0).all() and (drawn < 1.0).all())
    True
    """
    if jnp.dtype(dtype) == jnp.float64:
        return jax.random.uniform(key, shape, dtype, minval=2.0**-53)
    bits = _bits(key, shape).astype(dtype)
    largest = 1.0 - jnp.finfo(dtype).epsneg
    return jnp.minimum((bits + 0.5) * jnp.asarray(2.0**-32, dtype), largest)


def _bits(key, shape):
    """Return random words. `jax.random.bits` makes one of a block of two, this takes both."""
    is_typed = jnp.issubdtype(key.dtype, jax.dtypes.prng_key)
    words = jax.random.key_data(key) if is_typed else key
    if words.shape != (2,):  # of another generator
        return jax.random.bits(key, shape, jnp.uint32)
    counts = jnp.arange(math.prod(shape), dtype=jnp.uint32)
    return threefry_2x32(words, counts).reshape(shape)
