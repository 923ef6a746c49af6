"""Consecutive ticks, and whether a step tells them apart."""

from typing import NamedTuple

import jax
from jax.interpreters import partial_eval

from ._tick import Tick, key_of, tick_at


class Ticks(NamedTuple):
    """Consecutive ticks: their indices, the length of each in ms, and the run's key."""

    index: jax.Array
    dt: float
    key: jax.Array
    path: tuple[str, ...] = ()

    def at(self, index):
        """Return one tick as the node at the end of `path` sees it."""
        tick = tick_at(index, self.dt, self.key)
        for name in self.path:
            tick = tick._replace(key=key_of(tick.key, name))
        return tick


class OneTick(NamedTuple):
    """A block of a single tick, whose key is known already."""

    index: jax.Array
    dt: float
    key: jax.Array
    path: tuple[str, ...] = ()

    def at(self, index):
        """Return the tick as the node at the end of `path` sees it."""
        tick = Tick(index, self.dt, self.key)
        for name in self.path:
            tick = tick._replace(key=key_of(tick.key, name))
        return tick


def uses_tick(step, arrays, state, x, ticks):
    """Whether a step reads the tick's index or key; if not, it is the same map at every tick."""

    def from_tick(index, key):
        return step(arrays, state, x, ticks.at(0)._replace(index=index, key=key))

    jaxpr = jax.make_jaxpr(from_tick)(ticks.index[0], ticks.at(0).key).jaxpr
    _, read = partial_eval.dce_jaxpr(jaxpr, [True] * len(jaxpr.outvars))
    return any(read)
