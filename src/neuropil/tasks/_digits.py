"""Handwritten 8x8 digits, the embedded default."""

import numpy as np

from ._content import digest, verify
from ._errors import require
from ._splits import load_splits
from ._task import Task


def digits() -> Task:
    """Handwritten digits, 8x8 pixels, 1,797 samples; nothing to download.

    The UCI test set of optical digits as scikit-learn ships it. Within each class, counting its
    samples from 0 in the stored order, those with count % 5 == 4 are for testing, those with
    count % 10 == 3 for validation. Pixels are 0..1 (source: 0..16), ids are rows of the source.

    **Raises:** `MissingExtra` without scikit-learn; `DataDamaged` if its data differs.

    >>> task = digits()
    >>> task.train.inputs.shape, len(task.validation), len(task.test)
    ((1262, 64), 180, 355)

    Source: Alpaydin and Kaynak 1998, https://doi.org/10.24432/C50P49
    """
    stored = require("sklearn.datasets", "data").load_digits()
    pixels = np.asarray(stored.data, np.uint8)
    targets = np.asarray(stored.target, np.int32)
    splits = load_splits("digits")
    found = digest(pixels.tobytes() + targets.astype(np.uint8).tobytes())
    verify("digits", found, splits.content["digits"])
    inputs = pixels.astype(np.float32) / np.float32(16)
    return Task(
        "digits",
        *splits.divide(inputs, targets, list(range(len(targets)))),
        classes=tuple("0123456789"),
        feature_shape=(8, 8),
        dt=None,
        source="UCI optical recognition of handwritten digits, in scikit-learn",
        licence="CC BY 4.0",
    )
