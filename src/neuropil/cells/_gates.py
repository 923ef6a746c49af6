"""What gated recurrent units compute."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


def gated_update(
    drive: Float[Array, "*_ 3n"], arriving: Float[Array, "*_ 3n"], hidden: Float[Array, "*_ n"]
) -> Float[Array, "*_ n"]:
    """Return z h + (1 - z) g, of what drives the gates and what arrives from the units."""
    (keep, reset, proposed), (by_keep, by_reset, by_proposed) = (
        jnp.split(x, 3, axis=-1) for x in (drive, arriving)
    )
    keep = jax.nn.sigmoid(keep + by_keep)
    reset = jax.nn.sigmoid(reset + by_reset)
    return keep * hidden + (1.0 - keep) * jnp.tanh(proposed + reset * by_proposed)


def xavier_gates(key, sources: int, size: int) -> Float[Array, "sources 3n"]:
    """Return weights of three gates, each normal with variance 2 / (sources + size)."""
    spread = jnp.sqrt(2.0 / (sources + size))
    return spread * jax.random.normal(key, (sources, 3 * size))
