from typing import Any, NamedTuple

import jax
from jaxtyping import Array, Int


class Tick(NamedTuple):
    """One step of simulated time.

    `index` counts ticks from the start of the run; `dt` is its length in ms; `key` is the run's key
    folded with the index, so that any tick can be replayed.

    >>> tick_at(3, dt=1.0, key=jax.random.key(0)).dt
    1.0
    """

    index: Int[Array, ""]
    dt: float
    key: Any


def tick_at(index, dt: float, key) -> Tick:
    """Return the tick with the given index of the run whose key is `key`."""
    return Tick(index, dt, jax.random.fold_in(key, index))
