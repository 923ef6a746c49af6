"""Images one after another, then questions about what they showed."""

import numpy as np

from ._errors import as_count, fail
from ._samples import Samples, generator, whole
from ._task import Split

_OPERATIONS = 2  # plus, minus


def digit_recall(
    split: Split, samples: int, digits: int = 4, operations: int = 2, *, seed: int = 0
) -> Samples:
    r"""Images of digits, then positions to recall and what to do with them, then the answer.

    First `digits` images, one per item; then a position, and for each operation its sign and one
    more position; last the sign to answer. With digits $d_1 \ldots d_n$, positions $p$ and signs
    $s_k = \pm 1$

    $$y = \Big(d_{p_0} + \sum_{k=1}^{K} s_k\, d_{p_k}\Big) \bmod 10 .$$

    What is asked for is long gone when it is asked: only a memory can answer.

    **Arguments:** `split`, images [sample, pixel] with classes 0 to 9, such as `digits().train`;
    `samples`, how many sequences; `digits` n; `operations` K, at least 0; `seed`, an integer, at
    least 0.

    **Returns:** `Samples` of inputs [sample, item, feature] float32 and targets [sample] int32.
    Items are n images, 2 K + 1 questions, and the sign to answer; features are the pixels, a 1
    for each position, one for plus, one for minus, and one for the sign to answer.

    **Raises:** `TaskError` for counts and seeds that are none, and a split without images.

    >>> image = Split(np.eye(10, dtype=np.float32), np.arange(10), np.arange(10))
    >>> inputs, targets = digit_recall(image, 1, digits=2, operations=1)
    >>> inputs.shape
    (1, 6, 15)
    >>> shown, first, second = inputs[0, :2, :10].argmax(1), *inputs[0, [2, 4], 10:12].argmax(1)
    >>> sign = inputs[0, 3, 12] - inputs[0, 3, 13]
    >>> bool((shown[first] + sign * shown[second]) % 10 == targets[0])
    True

    Source: Darlow et al. 2025, https://doi.org/10.48550/arXiv.2505.05522
    """
    if not isinstance(split, Split) or split.inputs.ndim != 2 or not len(split):
        fail("split", type(split).__name__, "a Split of images", "pass e.g. digits().train")
    if split.targets.min() < 0 or split.targets.max() > 9:
        fail("split", "other classes", "classes 0 to 9", "pass e.g. digits().train")
    count, shown = as_count(samples, "samples"), as_count(digits, "digits")
    signs = as_count(operations, "operations", minimum=0)
    stream, pixels = generator(seed), split.inputs.shape[1]
    images = whole(stream, (count, shown), len(split))
    asked = whole(stream, (count, signs + 1), shown)
    minus = whole(stream, (count, signs), _OPERATIONS)
    inputs = np.zeros((count, shown + 2 * signs + 2, pixels + shown + _OPERATIONS + 1), "<f4")
    rows = np.arange(count)[:, None]
    inputs[:, :shown, :pixels] = split.inputs[images]
    inputs[rows, shown + 2 * np.arange(signs + 1), pixels + asked] = 1.0
    inputs[rows, shown + 1 + 2 * np.arange(signs), pixels + shown + minus] = 1.0
    inputs[:, -1, -1] = 1.0
    recalled = np.take_along_axis(split.targets[images], asked, axis=1)
    answer = recalled[:, 0] + (recalled[:, 1:] * (1 - 2 * minus)).sum(axis=1)
    return Samples(inputs, (answer % 10).astype("<i4"))
