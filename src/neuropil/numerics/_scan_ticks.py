"""The scan of XLA, whose ticks do not depend on how many there are."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp


def scan_ticks(
    tick: Callable, carry: Any, xs: Any, length: int, reverse: bool = False
) -> tuple[Any, Any]:
    """Return `jax.lax.scan(tick, carry, xs)`.

    XLA puts a loop of one tick into what surrounds it, and rounds it with that. So that it stays a
    loop, it is run for another tick, which is left out.
    """
    if length > 1:
        return jax.lax.scan(tick, carry, xs, length=length, reverse=reverse)

    def with_carry(carry, x):
        carry, y = tick(carry, x)
        return carry, (carry, y)

    twice = jax.tree.map(lambda x: jnp.concatenate([x, x]), xs)
    _, (carries, ys) = jax.lax.scan(with_carry, carry, twice, length=2, reverse=reverse)
    first = -1 if reverse else 0
    return jax.tree.map(lambda x: x[first], (carries, jax.tree.map(lambda y: y[:, None], ys)))
