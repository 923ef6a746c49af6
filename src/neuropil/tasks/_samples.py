"""Samples that a generator makes, and the random words they are made of."""

from typing import Any, NamedTuple

import numpy as np

from ._errors import as_count, fail


class Samples(NamedTuple):
    """Inputs and targets, sample first, of a task that is made when needed.

    There are no fixed parts: every seed gives other samples. A pair, so `training.fit` takes it
    where `inputs` have a time axis.

    **Arguments:** `inputs`, [sample, ...]; `targets`, [sample, ...], one class, or one per
    position.

    >>> inputs, targets = Samples(np.zeros((3, 4)), np.zeros((3, 4), int))
    """

    inputs: np.ndarray
    targets: np.ndarray


def generator(seed: Any) -> np.random.PCG64:
    """Return a stream of raw 64-bit words, whose sequence NumPy promises for ever."""
    number = as_count(seed, "seed", minimum=0)
    if number >= 2**63:
        fail("seed", seed, "an integer below 2**63", "pass e.g. seed=0")
    return np.random.PCG64(np.random.SeedSequence(number))


def whole(stream: np.random.PCG64, shape: tuple[int, ...], below: int) -> np.ndarray:
    """Return integers from 0 to `below` - 1."""
    words = stream.random_raw(int(np.prod(shape))).reshape(shape)
    return (words % np.uint64(below)).astype(np.int64)


def bernoulli(stream: np.random.PCG64, shape: tuple[int, ...], chance: float) -> np.ndarray:
    """Return booleans that are true with this chance, to 2**-64."""
    return stream.random_raw(int(np.prod(shape))).reshape(shape) < np.uint64(chance * 2.0**64)


def normal(stream: np.random.PCG64, shape: tuple[int, ...]) -> np.ndarray:
    """Return normal numbers, of mean 0 and spread 1, by the method of Box and Muller."""
    words = stream.random_raw(2 * int(np.prod(shape))).reshape(2, *shape)
    first, second = ((words >> np.uint64(11)) + 0.5) * 2.0**-53
    return np.sqrt(-2.0 * np.log(first)) * np.cos(2.0 * np.pi * second)
