"""Pairs that are chosen independently, found by jumping over those that are not."""

import math

import numpy as np


def successes(random: np.random.Generator, trials: int, probability: float) -> np.ndarray:
    r"""Return which of so many trials succeed, in order, in time that goes with the successes.

    The failures before the next success are geometric: $\lfloor E / {-\ln(1 - p)} \rfloor$ with E
    exponential of mean 1.
    """
    if probability <= 0 or trials == 0:
        return np.empty(0, np.int64)
    if probability >= 1:
        return np.arange(trials)
    rate = -math.log1p(-probability)
    found, last = [], -1
    while last < trials - 1:
        mean = (trials - 1 - last) * probability
        jumps = random.standard_exponential(int(mean + 4 * math.sqrt(mean)) + 8)
        jumps /= rate
        np.minimum(jumps, trials, out=jumps)  # beyond the last trial; further overflows
        where = jumps.astype(np.int64)
        where += 1
        np.cumsum(where, out=where)
        where += last
        last = int(where[-1])
        found.append(where[: np.searchsorted(where, trials)] if last >= trials else where)
    return found[0] if len(found) == 1 else np.concatenate(found)


def rows_of(
    random: np.random.Generator, rows: int, columns: int, probability: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return how many pairs of every row are chosen, and the columns of these pairs."""
    where = successes(random, rows * columns, probability)
    borders = np.searchsorted(where, np.arange(rows + 1) * columns)
    counts = np.diff(borders)
    where -= np.repeat(np.arange(rows) * columns, counts)
    return counts, where


def without_loops(first: int, counts: np.ndarray, targets: np.ndarray):
    """Return rows, the first of which is that of neuron `first`, without pairs of equal ends."""
    sources = np.repeat(np.arange(first, first + counts.size), counts)
    is_loop = sources == targets
    loops = np.bincount(sources[is_loop] - first, minlength=counts.size)
    return counts - loops, targets[~is_loop]
