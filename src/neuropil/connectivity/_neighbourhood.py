"""Which neurons can be within reach of some others, found without looking at all pairs."""

from collections.abc import Callable

import numpy as np


def neighbourhood(
    target: np.ndarray, reach: float, period: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function of positions that lists, in order, the targets that may be in reach.

    They lie in the box around the positions, widened by the reach.
    """
    around = period[0]
    along = target[:, 0] % around if np.isfinite(around) else target[:, 0]
    order = np.argsort(along, kind="stable")
    along = along[order]

    def strip(low, high):
        """The targets between two places along the first axis, round its end if it closes."""
        if high - low >= around:
            return order
        turns = around * np.floor(low / around) if np.isfinite(around) else 0.0
        low, high = low - turns, high - turns
        first = np.searchsorted(along, low)
        last, round_the_end = np.searchsorted(along, [high, high - around], side="right")
        return np.concatenate([order[:round_the_end], order[first:last]])

    def near(places):
        low, high = places.min(axis=0) - reach, places.max(axis=0) + reach
        found = strip(low[0], high[0])
        for axis in range(1, len(period)):
            way = np.abs(target[found, axis] - (low[axis] + high[axis]) / 2)
            if np.isfinite(period[axis]):
                way %= period[axis]
                way = np.minimum(way, period[axis] - way)
            found = found[way <= (high[axis] - low[axis]) / 2]
        return np.sort(found)

    return near
