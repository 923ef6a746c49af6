"""Numbers that differ within every row, drawn at random."""

import numpy as np


def distinct_rows(random: np.random.Generator, rows: int, size: int, count: int) -> np.ndarray:
    """Return in every row a random subset, in order: `count` different numbers below `size`."""
    if 2 * count > size:  # choose those left out
        left_out = distinct_rows(random, rows, size, size - count)
        kept = np.ones((rows, size), bool)
        np.put_along_axis(kept, left_out, False, axis=1)
        return np.nonzero(kept)[1].reshape(rows, count)
    drawn = random.integers(0, size, (rows, count))
    return completed(random, drawn, np.ones(drawn.shape, bool), size)


def completed(
    random: np.random.Generator, drawn: np.ndarray, is_free: np.ndarray, size: int
) -> np.ndarray:
    """Return rows in order, free entries drawn again until nothing occurs twice in a row.

    Drawing only those again that were there already is drawing one by one without replacement.
    """
    packed = 2 * drawn + is_free  # what is free comes after its double that is not
    packed.sort(axis=1)
    wrong = np.arange(packed.shape[0])
    while wrong.size:
        again = packed[wrong]
        is_double = np.zeros(again.shape, bool)
        is_double[:, 1:] = again[:, 1:] >> 1 == again[:, :-1] >> 1
        again = (again & ~1) | is_double  # from here on, all that is no double stays
        again[is_double] = 2 * random.integers(0, size, int(is_double.sum())) + 1
        again.sort(axis=1)
        packed[wrong] = again
        wrong = wrong[is_double.any(axis=1)]
    return packed >> 1
