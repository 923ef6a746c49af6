"""The exponential that starts a spike, shared by the cells that have one."""

import jax.numpy as jnp
from jaxtyping import Array

_LARGEST = 30.0  # from here a spike is over within a tick; more would overflow, and so would slopes


def upstroke(v: Array, threshold: Array, slope: Array) -> Array:
    r"""Return $\Delta e^{(v - \vartheta)/\Delta}$ (mV), with a bounded exponent."""
    return slope * jnp.exp(jnp.minimum((v - threshold) / slope, _LARGEST))
