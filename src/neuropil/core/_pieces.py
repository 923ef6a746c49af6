"""Running in pieces: what is kept of one is thinned and encoded before the next one runs."""

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array

from ..numerics import NeuropilError
from ._network import complete
from ._node import Node
from ._tick import tick_at

SHORTEST, LONGEST = 128, 256  # ticks: short enough for caches, long enough for matrix products


class Keep(NamedTuple):
    """What to keep: the path of a value, each so-many-th tick of it, and in which form."""

    path: tuple[str, ...]
    every: int
    encode: Callable[[Array], Array]

    def of(self, values: Array, offset: Any) -> Array:
        """Return what is kept of a piece that begins `offset` ticks after the start of the run.

        Where `every` does not divide the piece, there may be one value too many at the end.
        """
        if isinstance(offset, int):
            values = values[-offset % self.every :: self.every]
        elif self.every > 1:
            count = _ceil(values.shape[0], self.every)
            rows = -offset % self.every + self.every * jnp.arange(count)
            values = jnp.take(values, rows, axis=0, mode="clip")
        return jax.vmap(self.encode)(values)


def natural_piece(node: Node, length: int) -> int:
    """Return the piece in which to run where less is kept than all of every tick."""
    if length <= LONGEST or not _steps(node):
        return length
    pieces = range(SHORTEST, LONGEST + 1)
    return next((size for size in pieces if length % size == 0), SHORTEST)


def _steps(node):
    """Whether a run may be cut: a node that is defined by single ticks is the same in pieces."""

    def first_tick(key):
        return node.step(node.init(key=key), complete(node, {}), tick_at(0, 1.0, key))[1]

    try:
        jax.eval_shape(first_tick, jax.random.key(0))
    except NeuropilError:
        return False
    return True


def ticks_of(x: Array, offset: Any, size: int) -> Array:
    """Return a piece of an array over time."""
    if isinstance(offset, int):
        return x[offset : offset + size]
    return jax.lax.dynamic_slice_in_dim(x, offset, size)


def run_pieces(
    run: Callable[[Any, Any, int], tuple[Any, list[Array]]],
    state: Any,
    length: int,
    size: int,
    every: list[int],
    recompute: bool,
) -> tuple[Any, list[Array]]:
    """Call `run(state, offset, size)` until `length`; return the last state and all that was kept.

    With `recompute`, the backward pass stores the state before every piece and nothing else.
    """
    if size >= length and not recompute:
        return run(state, 0, length)
    size = min(size, length)
    whole, rest = divmod(length, size)

    def run_piece(state, offset):
        return run(state, offset, size)

    if recompute:
        run_piece = jax.checkpoint(run_piece)

    def advance(carry, index):
        state, kept = carry
        state, found = run_piece(state, index * size)
        return (state, _written(kept, found, index * size, every)), None

    _, shapes = jax.eval_shape(run_piece, state, jnp.zeros((), jnp.int32))
    kept = [
        jnp.zeros((_ceil(length, n) + (size % n > 0), *x.shape[1:]), x.dtype)
        for x, n in zip(shapes, every, strict=True)
    ]
    (state, kept), _ = jax.lax.scan(advance, (state, kept), jnp.arange(whole, dtype=jnp.int32))
    if rest:
        state, found = run(state, whole * size, rest)
        kept = _written(kept, found, whole * size, every)
    return state, [x[: _ceil(length, n)] for x, n in zip(kept, every, strict=True)]


def with_derivative_of(other: Callable, run: Callable, given: Any) -> Any:
    """Return `run(given)`, its derivative computed as that of `other`, which is the same function.

    Reverse mode stores what it needs of every tick in any case, and is faster in one piece.
    """
    smooth, rest = eqx.partition(given, eqx.is_inexact_array)
    rest, static = eqx.partition(rest, eqx.is_array)

    @jax.custom_jvp
    def call(smooth, rest):
        return run(eqx.combine(smooth, rest, static))

    @call.defjvp
    def call_jvp(primals, tangents):
        smooth, rest = primals
        of_smooth = lambda smooth: other(eqx.combine(smooth, rest, static))  # noqa: E731
        return jax.jvp(of_smooth, (smooth,), tangents[:1])

    return call(smooth, rest)


def _written(kept, found, offset, every):
    """Write what was found; a value too many is overwritten by the next piece."""
    return [
        jax.lax.dynamic_update_slice_in_dim(all_of_it, new, _ceil(offset, n), 0)
        for all_of_it, new, n in zip(kept, found, every, strict=True)
    ]


def _ceil(a, b):
    return -(-a // b)
