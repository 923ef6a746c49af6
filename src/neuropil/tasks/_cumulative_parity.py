"""Cumulative parity: of every prefix of a sequence, whether its number of -1 is odd."""

import numpy as np

from ._errors import as_count
from ._samples import Samples, generator, whole


def cumulative_parity(samples: int, length: int = 64, *, seed: int = 0) -> Samples:
    r"""Sequences of +1 and -1, and the parity of every prefix.

    $$x_k \in \{-1, 1\}, \qquad y_k = \Big|\{j \le k : x_j = -1\}\Big| \bmod 2$$

    No prefix can be left out: every $y_k$ depends on all of $x_1 \ldots x_k$. Of length L there
    are $2^L$ sequences, drawn with replacement.

    **Arguments:** `samples`, how many; `length` L; `seed`, an integer, at least 0.

    **Returns:** `Samples` of inputs [sample, length] float32 and targets [sample, length] int32.

    **Raises:** `TaskError` for counts and seeds that are none.

    >>> inputs, targets = cumulative_parity(2, 8)
    >>> bool((np.cumprod(inputs, axis=1) == 1 - 2 * targets).all())
    True

    Source: Darlow et al. 2025, https://doi.org/10.48550/arXiv.2505.05522
    """
    shape = as_count(samples, "samples"), as_count(length, "length")
    odd = whole(generator(seed), shape, 2)
    return Samples((1 - 2 * odd).astype("<f4"), (np.cumsum(odd, axis=1) % 2).astype("<i4"))
