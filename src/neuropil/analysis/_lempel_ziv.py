"""Complexity of symbols in time, after Lempel and Ziv 1976."""

from typing import Any

import numpy as np
from jaxtyping import Float, Int

from ..numerics import fail, is_traced


def lempel_ziv_complexity(sequences: Any) -> Int[np.ndarray, "*rest"]:
    r"""Return the number c(n) of components of sequences, parsed from left to right.

    Each component is the shortest piece that is not contained in all before its last symbol: it may
    overlap with itself, and a last one that has ended too early counts too. (This is the parsing of
    1976. That of 1978, which compression uses, gives other numbers.)

    Exact. Where a piece has ended so far is one bit per position, so that a symbol costs at most
    n / 64 steps of a processor: a train of 512 ticks takes 0.1 ms, one of 100,000 takes 0.1 s.

    **Arguments:** `sequences`, `[time]` or `[time, ...]`, any integers, booleans or 0/1 spikes.

    **Returns:** one count per sequence.

    **Raises:** `NeuropilError` for anything else, and sequences without symbols.

    >>> int(lempel_ziv_complexity([int(c) for c in "0001101001000101"]))
    6

    Source: Lempel and Ziv 1976, doi:10.1109/TIT.1976.1055501.
    """
    array = _as_symbols(sequences)
    counts = [_components(column) for column in array.reshape(len(array), -1).T]
    return np.asarray(counts, np.int64).reshape(array.shape[1:])


def lempel_ziv_entropy_rate(sequences: Any) -> Float[np.ndarray, "*rest"]:
    r"""Return the estimate $c(n) \log_2(n) / n$ of the entropy rate, in bits per symbol.

    For stationary ergodic sources it tends to the entropy rate, from above and slowly: 512 tosses
    of a coin give 1.1. It is no measure of how many spikes there are; above one in two ticks it
    falls again. Compare sequences of equal length only.

    **Arguments:** as for :func:`lempel_ziv_complexity`.

    **Raises:** `NeuropilError` as that does, and for sequences of one symbol.

    >>> float(lempel_ziv_entropy_rate(np.arange(64) % 2))
    0.28125

    Source: Lempel and Ziv 1976, doi:10.1109/TIT.1976.1055501.
    """
    length = len(_as_symbols(sequences))
    if length < 2:
        fail("sequences", "one symbol", "at least two in time", "measure longer runs")
    return lempel_ziv_complexity(sequences) * np.log2(length) / length


def _components(symbols: np.ndarray) -> int:
    """Return the number of components, by Shift-And: bits are ends of earlier occurrences."""
    names, numbers = np.unique(symbols, return_inverse=True)
    places = [_bits(numbers == name) for name in range(len(names))]
    count, ends = 0, 0  # of no piece
    for position, number in enumerate(numbers.tolist()):
        before = ends << 1 if ends else (1 << position) - 1
        ends = before & places[number]
        if not ends:
            count += 1
    return count + bool(ends)


def _bits(flags):
    return int.from_bytes(np.packbits(flags, bitorder="little").tobytes(), "little")


def _as_symbols(value: Any) -> np.ndarray:
    expected, fix = "integers, booleans or 0/1 spikes [time, ...]", "pass e.g. records.output"
    if is_traced(value):
        fail("sequences", "an array that is being traced", expected, "measure outside of jit")
    try:
        array = np.asarray(value)
    except Exception:  # of any kind: what it is made of is unknown
        fail("sequences", type(value).__name__, expected, fix)
    if array.dtype.kind not in "biuf" or not array.ndim or not array.size:
        fail("sequences", f"an array of {array.dtype}, shape {array.shape}", expected, fix)
    if array.dtype.kind == "f" and not np.array_equal(array, np.round(array)):
        fail(
            "sequences", "fractions, or values that are not finite", expected, "round, or bin them"
        )
    return array
