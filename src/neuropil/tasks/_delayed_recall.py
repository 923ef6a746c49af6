"""A cue at the beginning, noise for a long while, and the question which cue it was."""

import numpy as np

from ._errors import as_count, fail
from ._samples import Samples, bernoulli, generator, whole

CUE, FIRING, NOISE = 20, 0.5, 0.05  # steps of the cue, its chance to fire, that of noise


def delayed_recall(samples: int, steps: int = 400, classes: int = 4, *, seed: int = 0) -> Samples:
    r"""Spikes of a cue in the first 20 steps, to be named after the last step.

    There are as many cue channels as classes, and as many noise channels. In steps 0 to 19 the
    channel of the class fires with p = 0.5 per step; noise channels fire with p = 0.05 throughout;
    nothing else happens. With steps of 1 ms, the answer at the end is about something
    `steps` - 20 ms ago: a network that forgets faster stays at chance.

    **Arguments:** `samples`, how many; `steps`, at least 21; `classes`, at least 2; `seed`, an
    integer, at least 0.

    **Returns:** `Samples` of inputs [sample, time, channel] bool, cue channels first, and targets
    [sample] int32.

    **Raises:** `TaskError` for counts and seeds that are none.

    >>> inputs, targets = delayed_recall(5, 100)
    >>> inputs.shape
    (5, 100, 8)
    >>> bool((inputs[:, :, :4].sum(axis=1).argmax(axis=1) == targets).all())
    True
    """
    count, length = as_count(samples, "samples"), as_count(steps, "steps")
    cues = as_count(classes, "classes", minimum=2)
    if length <= CUE:
        fail("steps", steps, f"more than the {CUE} of the cue", "pass e.g. steps=400")
    stream = generator(seed)
    targets = whole(stream, (count,), cues)
    inputs = np.zeros((count, length, 2 * cues), bool)
    inputs[np.arange(count), :CUE, targets] = bernoulli(stream, (count, CUE), FIRING)
    inputs[:, :, cues:] = bernoulli(stream, (count, length, cues), NOISE)
    return Samples(inputs, targets.astype("<i4"))
