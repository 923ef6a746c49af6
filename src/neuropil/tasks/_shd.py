"""Spiking Heidelberg Digits, from their HDF5 files."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from ._binning import bin_events, blank
from ._errors import as_count, as_grid, damaged, fail, require
from ._fetch import folders, not_found
from ._task import Split, Task

_UNITS = 700
_CLASSES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    *("null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"),
)


def shd(
    path: str | os.PathLike | None = None,
    *,
    dt: float = 10.0,
    duration: float = 1000.0,
    channels: int = 140,
) -> Task:
    r"""Spiking Heidelberg Digits: spoken digits in English and German, 700 units, 20 classes.

    Test is the official test file; of the training file, the samples with index % 10 == 9 are for
    validation, the others for training. Unit $u$ of 700 goes to channel
    $\lfloor u \cdot \mathrm{channels} / 700 \rfloor$. Ids are `train-index` and `test-index`.

    **Arguments:** `path`, a folder with `shd_train.h5` and `shd_test.h5`, or a training file with
    "train" in its name and the test file beside it; None looks for a folder `shd` in
    `NEUROPIL_DATA` and the other places; `dt`, bin width in ms; `duration` in ms; `channels`, 1 to
    700.

    **Raises:** `DataNotFound` if the files are nowhere; they are not downloaded; `DataDamaged` for
    another layout; `MissingExtra` without h5py; `TaskError`.

    Source: Cramer et al. 2020, https://doi.org/10.1109/TNNLS.2020.3044364
    """
    as_grid(dt, duration)
    count = as_count(channels, "channels", maximum=_UNITS)
    train_file, test_file = _find(path)
    seen, targets = _read(train_file, count, dt=dt, duration=duration)
    unseen, unseen_targets = _read(test_file, count, dt=dt, duration=duration)
    held = np.arange(len(targets)) % 10 == 9
    ids = np.array([f"train-{k}" for k in range(len(targets))], dtype=str)
    return Task(
        "shd",
        Split(seen[~held], targets[~held], ids[~held]),
        Split(seen[held], targets[held], ids[held]),
        Split(unseen, unseen_targets, np.array([f"test-{k}" for k in range(len(unseen))], str)),
        classes=_CLASSES,
        feature_shape=(count,),
        dt=float(dt),
        source="Spiking Heidelberg Digits, https://zenkelab.org/resources/",
        licence="CC BY 4.0",
    )


def _find(path: Any) -> tuple[Path, Path]:
    fix = (
        "download shd_train.h5.gz and shd_test.h5.gz from https://zenkelab.org/datasets/, gunzip "
        "them into one folder and pass it as path, or name it shd inside NEUROPIL_DATA"
    )
    if path is not None and not isinstance(path, str | os.PathLike):
        fail("path", path, "a folder or a file name", "pass e.g. path='data/shd'")
    looked = list(folders("shd")) if path is None else [Path(path)]
    for place in looked:
        train = place if place.is_file() else place / "shd_train.h5"
        if train.is_file():
            if "train" not in train.name:
                expected = "a training file with 'train' in its name"
                fail("path", train.name, expected, "pass the training file or the folder")
            test = train.with_name(train.name.replace("train", "test"))
            if test.is_file():
                return train, test
            not_found("shd", [test], [], fix)
    not_found("shd", looked, [], fix)


def _read(path: Path, count: int, *, dt: float, duration: float) -> tuple[np.ndarray, np.ndarray]:
    h5py = require("h5py", "data")
    fix = "fetch the file again; it needs spikes/times, spikes/units and labels"
    try:
        with h5py.File(path, "r") as stored:
            times, units = stored["spikes/times"][:], stored["spikes/units"][:]
            labels = np.asarray(stored["labels"][:])
    except (OSError, KeyError) as error:
        damaged(str(path), f"a file that cannot be read ({error})", "the layout of SHD", fix)
    if not len(times) == len(units) == len(labels):
        got = f"{len(times)} times, {len(units)} units, {len(labels)} labels"
        damaged(str(path), got, "one of each per sample", fix)
    if len(labels) and not 0 <= labels.min() <= labels.max() < len(_CLASSES):
        got = f"labels {labels.min()} to {labels.max()}"
        damaged(str(path), got, f"labels 0 to {len(_CLASSES) - 1}", fix)
    inputs = blank(len(labels), count, dt=dt, duration=duration)
    for k, (when, which) in enumerate(zip(times, units, strict=True)):
        unit = np.asarray(which, np.int64)
        if len(unit) != len(when) or np.any((unit < 0) | (unit >= _UNITS)):
            damaged(str(path), f"bad spikes in sample {k}", "a unit 0 to 699 for each time", fix)
        milliseconds = np.asarray(when, np.float64) * 1000
        inputs[k] = bin_events(
            milliseconds, unit * count // _UNITS, size=count, dt=dt, duration=duration
        )
    return inputs, labels.astype(np.int32)
