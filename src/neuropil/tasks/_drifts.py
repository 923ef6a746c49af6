"""Paths of straight segments, seen until a random moment."""

import math

import numpy as np

from ._samples import whole


def drifts(
    stream, count: int, length: int, steps: np.ndarray, segment: float, least: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return which step each path ends with, and positions `[path, frame, 2]` around their middle.

    A path is a sequence of segments whose lengths are Poisson distributed with a mean of `segment`
    frames, each with one of the `steps`, and is looked at until a random frame, given that its last
    segment has lasted for at least `least` frames by then.
    """
    # Enough of them to fill the frames but in one of 10**15 cases.
    segments = 1 + math.ceil((length + 10.0 * math.sqrt(length) + 40.0) / segment)
    drawn = whole(stream, (count, segments), len(steps))
    chance = poisson_chances(segment)
    # Of a sequence that goes on for ever: P(age = a) is in proportion to P(length >= a).
    lasting = np.cumsum(chance[::-1])[::-1]
    last = least + _drawn(stream, (count, 1), lasting[least:])
    ends = np.cumsum(
        np.concatenate([last, _drawn(stream, (count, segments - 1), chance)], axis=1), axis=1
    )
    ago = np.arange(length)[::-1]
    which = np.minimum((ago[None, :, None] >= ends[:, None]).sum(axis=2), segments - 1)
    moves = steps[np.take_along_axis(drawn, which, axis=1)]
    moves[:, 0] = 0.0
    path = np.cumsum(moves, axis=1)
    middle = (path.max(axis=1, keepdims=True) + path.min(axis=1, keepdims=True)) / 2
    return drawn[:, 0], path - middle


def poisson_chances(mean: float) -> np.ndarray:
    """Return the chances of 0, 1, ... of a Poisson distribution, up to where none is left."""
    counts = np.arange(math.ceil(mean + 12.0 * math.sqrt(mean) + 20.0))
    logarithms = np.array([math.lgamma(count + 1.0) for count in counts])
    return np.exp(counts * math.log(mean) - mean - logarithms)


def _drawn(stream, shape: tuple[int, ...], weights: np.ndarray) -> np.ndarray:
    """Return numbers of 0 on, in proportion to the weights."""
    uniform = whole(stream, shape, 1 << 53) * 2.0**-53
    cumulated = np.cumsum(weights)
    return np.searchsorted(cumulated / cumulated[-1], uniform, side="right")
