"""Synapses given in any order, put in that of their sources, then targets: counted, then placed."""

from collections.abc import Callable, Iterator

import numpy as np

from ..numerics import empty
from ._assembly import BLOCK


def put(out, free, rows, values) -> None:
    """Write values behind those that their rows have; `free`, where a row goes on, moves on.

    **Arguments:** `values`, from 0 to 2^32 - 1; of one row they are written as they grow.
    """
    packed = ((rows.astype(np.int64) << 32) | values).reshape(-1)
    packed.sort()
    found = packed >> 32
    is_first = np.empty(found.size, bool)
    is_first[0] = True
    np.not_equal(found[1:], found[:-1], out=is_first[1:])
    begins = np.flatnonzero(is_first)
    lengths = np.diff(begins, append=found.size)
    of_run = found[begins]
    where = np.repeat(free[of_run] - begins, lengths)
    where += np.arange(found.size)
    out[where] = packed & (2**32 - 1)
    free[of_run] += lengths


def by_source(pre, counts, tell: Callable[[int], object]) -> np.ndarray:
    """Return the positions of edges, those of a source side by side, in the order they came."""
    order, free = empty(pre.size), np.cumsum(counts) - counts
    for first in range(0, pre.size, BLOCK):
        rows = pre[first : first + BLOCK]
        put(order, free, rows, np.arange(first, first + rows.size))
        tell(first + rows.size)
    return order


def groups(starts, most: int) -> Iterator[tuple[int, int]]:
    """Give ranges of rows, of a block of synapses at most or one row each, and of `most` rows."""
    first, last = 0, starts.size - 1
    while first < last:
        end = int(np.searchsorted(starts, starts[first] + BLOCK, side="right")) - 1
        end = min(max(end, first + 1), first + most, last)
        yield first, end
        first = end


def ranked(rows, post, n_target: int) -> np.ndarray:
    """Return how edges are ordered by row, then target, then as they came."""
    bits = (rows.size - 1).bit_length()
    keys = ((rows.astype(np.int64) * n_target + post.astype(np.int64)) << bits) | np.arange(
        rows.size
    )
    keys.sort()
    return keys & ((1 << bits) - 1)
