"""Which of two branches was active early and which late: the same one, or not."""

import numpy as np

from ._delayed_recall import CUE, FIRING, NOISE
from ._errors import as_count, fail
from ._samples import Samples, bernoulli, generator, whole


def branch_xor(samples: int, steps: int = 120, channels: int = 4, *, seed: int = 0) -> Samples:
    r"""Two groups of channels; one is active early and one late, and the class is their XOR.

    In steps 0 to 19 the channels of group e fire with p = 0.5, in the 20 steps after the middle
    those of group l; all fire with p = 0.05 besides. With e and l drawn from {0, 1},

    $$y = e \oplus l .$$

    Of a sum of what arrived, however weighted over channels and time, no threshold tells the
    classes apart: it takes a product of early and late.

    **Arguments:** `samples`, how many; `steps`, at least 42; `channels` of each of the two groups;
    `seed`, an integer, at least 0.

    **Returns:** `Samples` of inputs [sample, time, channel] bool, group 0 first, and targets
    [sample] int32.

    **Raises:** `TaskError` for counts and seeds that are none.

    >>> inputs, targets = branch_xor(50)
    >>> groups = inputs.reshape(50, 120, 2, 4).sum(axis=3)
    >>> early, late = groups[:, :20].sum(axis=1), groups[:, 60:80].sum(axis=1)
    >>> bool((early.argmax(axis=1) ^ late.argmax(axis=1) == targets).all())
    True
    """
    count, length = as_count(samples, "samples"), as_count(steps, "steps")
    size = as_count(channels, "channels")
    if length < 2 * CUE + 2:
        fail("steps", steps, f"at least {2 * CUE + 2}, for two times {CUE}", "pass e.g. steps=120")
    stream = generator(seed)
    chosen = whole(stream, (count, 2), 2)
    inputs = bernoulli(stream, (count, length, 2, size), NOISE)
    fired = bernoulli(stream, (count, 2, CUE, size), FIRING)
    rows = np.arange(count)[:, None]
    for k, start in enumerate((0, length // 2)):
        at = rows, start + np.arange(CUE), chosen[:, k, None]
        inputs[at] |= fired[:, k]
    return Samples(inputs.reshape(count, length, -1), (chosen[:, 0] ^ chosen[:, 1]).astype("<i4"))
