"""The synthetic interval task: only the time between two spikes tells the classes apart."""

import numpy as np

from ._content import digest, verify
from ._errors import as_count, fail
from ._splits import load_splits
from ._task import Split, Task

_CLASSES, _SPACING, _ONSETS, _BINS = 5, 3, 30, 50


def interval(*, seed: int = 0) -> Task:
    r"""Two channels fire one spike each; the class is the interval between them.

    $$t_B - t_A = 3 (c + 1),\quad c = 0 \ldots 4,\qquad t_A \sim U\{0, \ldots, 29\}$$

    in 50 bins of 10 ms. Counts and rates are the same in all classes and the channels never fire
    together, so a network without memory stays at chance, 0.2. 2,000 samples for training, 500 for
    validation, 1,000 for test; classes are equally frequent. Ids count the samples of a part.

    **Arguments:** `seed`, an integer, at least 0; the data of seed 0 is checked against
    a shipped hash.

    **Raises:** `TaskError` for a seed that is not one.

    >>> task = interval()
    >>> first = task.train.inputs[0]
    >>> when_a, when_b = first.argmax(axis=0)
    >>> bool(when_b - when_a == 3 * (task.train.targets[0] + 1))
    True

    Source: the delay learning it tests, Hammouamri et al. 2023,
    https://doi.org/10.48550/arXiv.2306.17670
    """
    number = as_count(seed, "seed", minimum=0)
    if number >= 2**63:
        fail("seed", seed, "an integer below 2**63", "pass e.g. seed=0")
    splits = load_splits("interval")
    streams = np.random.SeedSequence(number).spawn(3)
    parts = [
        _draw(stream, np.array(ids))
        for stream, ids in zip(streams, (splits.train, splits.validation, splits.test), strict=True)
    ]
    if number == 0:
        content = b"".join(p.inputs.tobytes() + p.targets.tobytes() for p in parts)
        verify("interval", digest(content), splits.content["seed 0"])
    return Task(
        "interval",
        *parts,
        classes=tuple(f"{10 * _SPACING * (c + 1)} ms" for c in range(_CLASSES)),
        feature_shape=(2,),
        dt=10.0,
        source=f"synthetic, neuropil.tasks.interval(seed={number})",
        licence="CC0 1.0",
    )


def _draw(stream: np.random.SeedSequence, ids: np.ndarray) -> Split:
    # Raw 64-bit words, because NumPy promises their sequence for ever, and no other draw's.
    words = np.random.PCG64(stream).random_raw(2 * len(ids)).reshape(2, -1)
    targets = (np.argsort(words[0], kind="stable") % _CLASSES).astype("<i4")
    first = (words[1] % _ONSETS).astype(np.int64)
    inputs = np.zeros((len(ids), _BINS, 2), bool)
    rows = np.arange(len(ids))
    inputs[rows, first, 0] = True
    inputs[rows, first + _SPACING * (targets + 1), 1] = True
    return Split(inputs, targets, ids)
