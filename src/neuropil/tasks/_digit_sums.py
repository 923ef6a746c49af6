"""Digits one after another in one train of spikes, and their sum."""

from ._errors import as_count, fail
from ._samples import Samples, generator, whole
from ._task import Split


def digit_sums(split: Split, samples: int, digits: int = 2, *, seed: int = 0) -> Samples:
    r"""Spikes of several digits one after another, and the sum of what they say.

    With recordings $r_1 \ldots r_n$ drawn from the split with replacement,

    $$x = [r_1, \ldots, r_n], \qquad y = \sum_k d(r_k), \qquad d = c \bmod 10 ,$$

    where c is the class of a recording, modulo 10 so that digits in two languages count alike. The
    sum lies between 0 and 9 n.

    **Arguments:** `split`, spikes [sample, time, channel] of digits, such as
    `spoken_digits().train`; `samples`, how many; `digits` n; `seed`, an integer, at least 0.

    **Returns:** `Samples` of inputs [sample, n time, channel] and targets [sample] int32.

    **Raises:** `TaskError` for counts and seeds that are none, and a split without spikes.

    >>> import numpy as np
    >>> digits = Split(np.ones((10, 5, 3), bool), np.arange(10), np.arange(10))
    >>> inputs, targets = digit_sums(digits, 4)
    >>> inputs.shape, bool((targets <= 18).all())
    ((4, 10, 3), True)

    Source: the SHD-Adding data, Spieler et al. 2023, https://doi.org/10.48550/arXiv.2306.16922
    """
    if not isinstance(split, Split) or split.inputs.ndim != 3 or not len(split):
        fail("split", type(split).__name__, "a Split of spikes", "pass e.g. spoken_digits().train")
    shape = as_count(samples, "samples"), as_count(digits, "digits")
    chosen = whole(generator(seed), shape, len(split))
    inputs = split.inputs[chosen].reshape(shape[0], -1, split.inputs.shape[2])
    return Samples(inputs, (split.targets[chosen] % 10).sum(axis=1).astype("<i4"))
