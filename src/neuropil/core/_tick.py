import zlib
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


def name_number(name: str) -> int:
    """Return a number that stands for a name wherever keys are drawn.

    A position would not do: JAX sorts dictionaries, and what is added later would change the
    random numbers of everything else.
    """
    return zlib.crc32(name.encode())


def key_of(key, name: str):
    """Return the key of one named part of what `key` is for."""
    return jax.random.fold_in(key, name_number(name))
