"""Running in pieces: what is kept of one is thinned and encoded before the next one runs."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero
from jaxtyping import Array

from ..numerics import NeuropilError, aligned
from ._monitors import Average
from ._network import complete
from ._node import Node
from ._tick import tick_at

SHORTEST, LONGEST = 128, 256  # ticks: short enough for caches, long enough for matrix products


class Keep(NamedTuple):
    """What to keep: the path of a value, each so-many-th tick of it, in which form, for whom."""

    path: tuple[str, ...]
    every: int
    encode: Callable[[Array], Array]
    name: str

    def of(self, values: Array, offset: Any) -> Array:
        """Return what is kept of a piece that begins `offset` ticks after the start of the run.

        Where `every` does not divide the piece, there may be one value too many at the end.
        """
        if self.averages:
            return self._sums(values, offset)
        if isinstance(offset, int):
            values = values[-offset % self.every :: self.every]
        elif self.every > 1:
            count = _ceil(values.shape[0], self.every)
            rows = -offset % self.every + self.every * jnp.arange(count)
            values = jnp.take(values, rows, axis=0, mode="clip")
        return self._encoded(values)

    def _encoded(self, values):
        try:
            return jax.vmap(self.encode)(values)
        except NeuropilError as error:
            raise NeuropilError(f"{self.name}, {error}") from None

    @property
    def averages(self) -> bool:
        """Whether means over `every` ticks are kept."""
        return isinstance(self.encode, Average)

    def _sums(self, values, offset):
        """Return the sums over those ticks of every bin that lie in the piece."""
        values = self._encoded(values)
        size = values.shape[0]
        count = 1 + _ceil(size - 1, self.every)
        bins = (offset + jnp.arange(size)) // self.every - offset // self.every
        silent = jnp.zeros((count, *values.shape[1:]), values.dtype)
        return silent.at[bins].add(values, indices_are_sorted=True)

    def room(self, length: int, size: int, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape of all that is kept, with room for what the last piece has too much."""
        more = size // self.every + 2 if self.averages else size % self.every > 0
        return (_ceil(length, self.every) + more, *shape[1:])

    def write(self, kept: Array, found: Array, offset: Any) -> Array:
        """Return what is kept with what was found in a piece.

        Of a bin that began in the last piece, sums are added up; else, what that piece had too much
        is overwritten.
        """
        first = offset // self.every if self.averages else _ceil(offset, self.every)
        if self.averages:
            found = found + jax.lax.dynamic_slice_in_dim(kept, first, found.shape[0])
        return jax.lax.dynamic_update_slice_in_dim(kept, found, first, 0)

    def finished(self, kept: Array, length: int) -> Array:
        """Return what is kept of a run of some ticks, without the room that was left."""
        kept = kept[: _ceil(length, self.every)]
        if not self.averages:
            return kept
        ticks = jnp.minimum(self.every, length - self.every * jnp.arange(kept.shape[0]))
        return kept / ticks.reshape(-1, *(1,) * (kept.ndim - 1)).astype(kept.dtype)


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
    keeps: list[Keep],
    recompute: bool,
) -> tuple[Any, list[Array]]:
    """Call `run(state, offset, size)` until `length`; return the last state and all that was kept.

    With `recompute`, the backward pass stores the state before every piece and nothing else.
    """
    if size >= length and not recompute:
        state, kept = run(state, 0, length)
        return state, [keep.finished(x, length) for keep, x in zip(keeps, kept, strict=True)]
    size = min(size, length)
    whole, rest = divmod(length, size)

    def run_piece(state, offset):
        return run(state, offset, size)

    def written(kept, found, offset):
        each = zip(keeps, kept, found, strict=True)
        return [keep.write(all_of_it, new, offset) for keep, all_of_it, new in each]

    if recompute:
        run_piece = jax.checkpoint(run_piece)

    def advance(carry, index):
        state, kept = carry
        state, found = run_piece(state, index * size)
        return (state, written(kept, found, index * size)), None

    _, shapes = jax.eval_shape(run_piece, state, jnp.zeros((), jnp.int32))
    kept = [
        jnp.zeros(keep.room(length, size, x.shape), x.dtype)
        for x, keep in zip(shapes, keeps, strict=True)
    ]
    (state, kept), _ = jax.lax.scan(advance, (state, kept), jnp.arange(whole, dtype=jnp.int32))
    if rest:
        state, found = run(state, whole * size, rest)
        kept = written(kept, found, whole * size)
    return state, [keep.finished(x, length) for keep, x in zip(keeps, kept, strict=True)]


def with_derivative_of(other: Callable, run: Callable, given: Any) -> Any:
    """Return `run(given)`, its derivative computed as that of `other`, which is the same function.

    Reverse mode stores what it needs of every tick in any case, and is faster in one piece.
    """
    smooth, rest = eqx.partition(given, eqx.is_inexact_array)
    rest, static = eqx.partition(rest, eqx.is_array)

    def placed(result):
        state, kept = result
        return aligned(state, 0), aligned(kept, 1)

    @jax.custom_jvp
    def call(smooth, rest):
        return placed(run(eqx.combine(smooth, rest, static)))

    @functools.partial(call.defjvp, symbolic_zeros=True)
    def call_jvp(primals, tangents):
        smooth, rest = primals
        moves = jax.tree.map(lambda by: not isinstance(by, SymbolicZero), tangents[0])
        moving, still = eqx.partition(smooth, moves)
        of_moving = lambda moving: placed(other(eqx.combine(moving, still, rest, static)))  # noqa: E731
        return jax.jvp(of_moving, (moving,), (eqx.filter(tangents[0], moves),))

    return call(smooth, rest)


def _ceil(a, b):
    return -(-a // b)
