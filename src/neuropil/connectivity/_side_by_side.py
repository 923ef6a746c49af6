"""Rows of sources, whose synapses onto several populations are put in order of the target."""

from collections.abc import Iterable

import numpy as np


def side_by_side(rows: int, found: Iterable) -> tuple[np.ndarray, np.ndarray]:
    """Return how many synapses each of so many rows has, and all targets, by row and in order.

    `found` gives, for every population, the synapses of each row and their targets.
    """
    counts, keys = np.zeros(rows, np.int64), []
    for each, targets in found:
        counts += each
        keys.append((np.repeat(np.arange(rows), each) << 32) | targets)
    keys = np.concatenate(keys)
    keys.sort()
    return counts, keys & (2**32 - 1)
