"""A task: inputs and targets in three fixed parts, with their source and licence."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._errors import as_count, as_flag, as_positive, as_text, fail


@dataclass(frozen=True, eq=False)
class Split:
    """One part of a task, sample first; all arrays are read-only.

    **Arguments:** `inputs`, [sample, feature] float32 within 0..1 for static data or
    [sample, time, feature] bool for spikes; `targets`, [sample] class indices; `ids`, [sample],
    what the source calls each sample.

    **Raises:** `TaskError` for wrong ranks, unequal lengths and values that are not finite.

    >>> part = Split(np.zeros((3, 4), np.float32), np.array([0, 1, 0]), np.arange(3))
    >>> len(part), len(part.take([0, 2]))
    (3, 2)
    """

    inputs: np.ndarray
    targets: np.ndarray
    ids: np.ndarray

    def __post_init__(self):
        """Check ranks and lengths, and make the arrays read-only."""
        for name in ("inputs", "targets", "ids"):
            value = getattr(self, name)
            if not isinstance(value, np.ndarray):
                fail(name, type(value).__name__, "a NumPy array", "wrap it with np.asarray")
            rank = (2, 3) if name == "inputs" else (1,)
            if value.ndim not in rank:
                axes = "[sample, (time,) feature]" if name == "inputs" else "[sample]"
                fail(name, f"shape {value.shape}", f"axes {axes}", "reshape it")
            if len(value) != len(self.inputs):
                expected = f"{len(self.inputs)} samples, as in inputs"
                fail(name, f"{len(value)} samples", expected, "pass one entry per sample")
            is_real = np.issubdtype(value.dtype, np.floating)
            if is_real and value.size and not np.isfinite([value.min(), value.max()]).all():
                fail(name, "values that are not finite", "finite numbers", "look for NaN in it")
            view = value.view()
            view.setflags(write=False)
            object.__setattr__(self, name, view)

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.inputs)

    def take(self, indices: Any) -> "Split":
        """Return the samples at these positions, as another split.

        **Raises:** `TaskError` unless `indices` is a list of integers within the split.
        """
        chosen = np.atleast_1d(np.asarray(indices))
        if chosen.size == 0:
            chosen = chosen.astype(np.int64)
        within = np.issubdtype(chosen.dtype, np.integer) and chosen.ndim == 1
        if not within or np.any((chosen < 0) | (chosen >= len(self))):
            expected = f"positions from 0 to {len(self) - 1}"
            fail("indices", indices, expected, "pass a list or array of integers")
        return Split(self.inputs[chosen], self.targets[chosen], self.ids[chosen])


@dataclass(frozen=True, eq=False)
class Task:
    """A data set with fixed train, validation and test parts.

    **Arguments:** `name`; `train`, `validation`, `test`, each a `Split`; `classes`, the name of
    each class, in the order of the targets; `feature_shape`, the layout of the flat feature axis,
    such as (8, 8) for an 8x8 image; `dt`, the width of a time bin in ms, or None for static data;
    `source` and `licence`, where the data comes from and what it may be used for.

    **Raises:** `TaskError` where these do not fit together.

    >>> part = Split(np.zeros((3, 4), np.float32), np.array([0, 1, 0]), np.arange(3))
    >>> Task("toy", part, part, part, ("no", "yes"), (2, 2), None, "made here", "CC0").features
    4
    """

    name: str
    train: Split
    validation: Split
    test: Split
    classes: tuple[str, ...]
    feature_shape: tuple[int, ...]
    dt: float | None
    source: str
    licence: str

    def __post_init__(self):
        """Check that parts, classes, features and dt agree."""
        for name in ("name", "source", "licence"):
            as_text(getattr(self, name), name)
        if not isinstance(self.classes, tuple) or not self.classes:
            fail("classes", self.classes, "a tuple of names", "name every class")
        for name in self.classes:
            as_text(name, "classes")
        if not isinstance(self.feature_shape, tuple) or not self.feature_shape:
            fail("feature_shape", self.feature_shape, "a tuple of sizes", "pass e.g. (8, 8)")
        for size in self.feature_shape:
            as_count(size, "feature_shape")
        if self.dt is not None:
            as_positive(self.dt, "dt", "ms")
        rank = 2 if self.dt is None else 3
        for name, part in self.parts():
            if not isinstance(part, Split):
                fail(name, type(part).__name__, "a Split", "build it with neuropil.tasks.Split")
            if part.inputs.ndim != rank or part.inputs.shape[-1] != self.features:
                axes = "[sample, feature]" if rank == 2 else "[sample, time, feature]"
                expected = f"{axes} with {self.features} features"
                fail(name, f"inputs of shape {part.inputs.shape}", expected, "fix the layout or dt")
            good = np.issubdtype(part.targets.dtype, np.integer) and (
                len(part) == 0 or 0 <= part.targets.min() <= part.targets.max() < len(self.classes)
            )
            if not good:
                expected = f"class indices below {len(self.classes)}"
                fail(f"{name}.targets", "other values", expected, "name every class in classes")

    @property
    def features(self) -> int:
        """The length of the feature axis."""
        return int(np.prod(self.feature_shape))

    @property
    def steps(self) -> int | None:
        """The number of time bins of a sample, or None for static data."""
        return None if self.dt is None else self.train.inputs.shape[1]

    def parts(self) -> tuple[tuple[str, Split], ...]:
        """Return the three parts with their names."""
        return (("train", self.train), ("validation", self.validation), ("test", self.test))

    def describe(self) -> str:
        """Return a few lines on what is in the task and where it comes from."""
        sizes = ", ".join(f"{name} {len(part)}" for name, part in self.parts())
        shape = "x".join(str(length) for length in self.feature_shape)
        lines = [
            f"{self.name}: {len(self.classes)} classes ({', '.join(self.classes)})",
            f"  samples   {sizes}",
            f"  features  {self.features} ({shape})",
        ]
        if self.dt is not None:
            activity = 100 * float(self.train.inputs.mean())
            lines.append(f"  time      {self.steps} bins of {self.dt:g} ms")
            lines.append(f"  activity  {activity:.2f} % of channels per bin (train)")
        lines += [f"  source    {self.source}", f"  licence   {self.licence}"]
        return "\n".join(lines)


def time_first(inputs: np.ndarray, dtype: Any = np.float32) -> np.ndarray:
    """Turn stored spikes [sample, time, feature] into a float array [time, batch, feature].

    Storage is sample first and one byte a bin, because shuffling picks samples; simulation is time
    first and float. Convert a batch at a time, never a whole task.

    **Raises:** `TaskError` unless the array has three axes, none of them empty.

    >>> time_first(np.zeros((32, 100, 64), bool)).shape
    (100, 32, 64)
    """
    array = np.asarray(inputs)
    if array.ndim != 3 or not array.size:
        expected = "axes [sample, time, feature], none of them empty"
        fail("inputs", f"shape {array.shape}", expected, "static data has no time: encode it first")
    return np.ascontiguousarray(array.transpose(1, 0, 2), dtype=dtype)


def batches(
    split: Split, size: int, *, rng: np.random.Generator | None = None, drop_last: bool = False
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (inputs, targets) batches: spikes [time, batch, feature], static data [batch, feature].

    **Arguments:** `split`; `size`, samples in a batch; `rng`, which shuffles, or None for the
    stored order; `drop_last`, leave out an incomplete last batch so that all have one shape.

    **Raises:** `TaskError` for a wrong type or size.

    >>> part = Split(np.zeros((5, 20, 4), bool), np.zeros(5, int), np.arange(5))
    >>> [inputs.shape for inputs, _ in batches(part, 2)]
    [(20, 2, 4), (20, 2, 4), (20, 1, 4)]
    """
    if not isinstance(split, Split):
        fail("split", type(split).__name__, "a Split", "pass e.g. task.train")
    count = as_count(size, "size")
    as_flag(drop_last, "drop_last")
    if rng is not None and not isinstance(rng, np.random.Generator):
        fail("rng", rng, "a NumPy Generator or None", "pass e.g. np.random.default_rng(0)")
    order = np.arange(len(split)) if rng is None else rng.permutation(len(split))
    if drop_last:
        order = order[: len(order) // count * count]
    return _each_batch(split, [order[at : at + count] for at in range(0, len(order), count)])


def _each_batch(split: Split, chosen: list[np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for indices in chosen:
        inputs = split.inputs[indices]
        yield (time_first(inputs) if inputs.ndim == 3 else inputs), split.targets[indices]
