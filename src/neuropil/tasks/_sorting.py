"""Sorting: real numbers, and the order that puts them into place."""

import numpy as np

from ._errors import as_count
from ._samples import Samples, generator, normal


def sorting(samples: int, length: int = 30, *, seed: int = 0) -> Samples:
    """Normal numbers, and their positions from the smallest number to the largest.

    Targets are sequences of positions without repetition, as a loss over alignments (CTC) wants
    them: a network may name a position whenever it likes.

    **Arguments:** `samples`, how many; `length`, numbers in a sequence; `seed`, an integer, at
    least 0.

    **Returns:** `Samples` of inputs [sample, length] float32 and targets [sample, length] int32.

    **Raises:** `TaskError` for counts and seeds that are none.

    >>> inputs, targets = sorting(2, 5)
    >>> bool((np.diff(np.take_along_axis(inputs, targets, axis=1)) >= 0).all())
    True

    Source: Darlow et al. 2025, https://doi.org/10.48550/arXiv.2505.05522
    """
    shape = as_count(samples, "samples"), as_count(length, "length", minimum=2)
    numbers = normal(generator(seed), shape).astype("<f4")
    return Samples(numbers, np.argsort(numbers, axis=1, kind="stable").astype("<i4"))
