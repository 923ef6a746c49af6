"""Any event data set of the Tonic library, as a task."""

from typing import Any

import numpy as np

from ._binning import bin_events, blank
from ._errors import as_count, as_grid, fail
from ._task import Split, Task


def tonic_events(
    dataset: Any,
    test: Any = None,
    *,
    dt: float = 10.0,
    duration: float = 1000.0,
    pool: int = 1,
) -> Task:
    """Wrap a Tonic data set: binned, with fixed parts.

    Of `dataset`, samples with index % 10 == 9 are for validation; the official test part is `test`,
    or, without one, the samples with index % 10 == 8. Times count from a recording's first event.
    Features are (polarity, row, column), flat.

    **Arguments:** `dataset`, what `tonic.datasets` returns: it has a length, a `sensor_size`
    (width, height, polarities), and items (events, class index), where events is a structured array
    with the fields t in microseconds and x, y, p as the sensor has them; `test`, another one; `dt`,
    bin width in ms; `duration` in ms; `pool`, side in pixels of the squares that share a channel.

    **Raises:** `TaskError` for other objects, and a nonsense grid.

    Source: Tonic, https://doi.org/10.5281/zenodo.5079802
    """
    as_grid(dt, duration)
    width = as_count(pool, "pool")
    sensor = _sensor(dataset, "dataset")
    shape = _layout(sensor, width)
    grid = {"dt": dt, "duration": duration}
    inputs, targets = _bin(dataset, "dataset", sensor, width, grid)
    turn = np.arange(len(targets)) % 10
    ids = np.array([f"train-{k}" for k in range(len(targets))], str)

    def part(rows_of_part: np.ndarray) -> Split:
        return Split(inputs[rows_of_part], targets[rows_of_part], ids[rows_of_part])

    if test is None:
        held_out, last = part(turn == 8), turn < 8
    else:
        if _sensor(test, "test") != sensor:
            got = f"sensor_size {test.sensor_size}"
            fail("test", got, f"{dataset.sensor_size} as in dataset", "pass its own test part")
        unseen, unseen_targets = _bin(test, "test", sensor, width, grid)
        names = np.array([f"test-{k}" for k in range(len(unseen))], str)
        held_out, last = Split(unseen, unseen_targets, names), turn < 9
    highest = max([*targets, *held_out.targets], default=0)
    return Task(
        type(dataset).__name__.lower(),
        part(last),
        part(turn == 9),
        held_out,
        classes=tuple(str(name) for name in range(int(highest) + 1)),
        feature_shape=shape,
        dt=float(dt),
        source=f"tonic, {type(dataset).__name__}",
        licence="see the data set's own page",
    )


def _sensor(dataset: Any, name: str) -> tuple[int, int, int]:
    size = getattr(dataset, "sensor_size", None)
    if size is None or not hasattr(dataset, "__getitem__") or not hasattr(dataset, "__len__"):
        fix = 'pip install "neuropil[events]" and pass e.g. tonic.datasets.NMNIST(save_to="data")'
        got = f"{type(dataset).__name__} with sensor_size {size}"
        fail(name, got, "a data set of tonic.datasets with a fixed sensor_size", fix)
    if len(dataset) == 0 or len(size) != 3:
        got = f"{len(dataset)} samples, sensor_size {size}"
        expected = "samples, and a sensor_size (width, height, polarities)"
        fail(name, got, expected, "check how it was made")
    width, height, polarities = (as_count(length, f"{name}.sensor_size") for length in size)
    return width, height, polarities


def _layout(sensor: tuple[int, ...], pool: int) -> tuple[int, int, int]:
    columns, rows, polarities = sensor
    return (polarities, -(-rows // pool), -(-columns // pool))


def _bin(
    dataset: Any, name: str, sensor: tuple[int, ...], pool: int, grid: dict[str, float]
) -> tuple[np.ndarray, np.ndarray]:
    shape = _layout(sensor, pool)
    inputs = blank(len(dataset), int(np.prod(shape)), **grid)
    targets = np.zeros(len(dataset), np.int32)
    for k in range(len(dataset)):
        events, label = dataset[k]
        fields = getattr(getattr(events, "dtype", None), "names", None) or ()
        if "t" not in fields or "x" not in fields:
            got = f"sample {k} of type {type(events).__name__} with fields {list(fields)}"
            expected = "structured events with t and x"
            fail(name, got, expected, "pass it without a frame transform")
        if not isinstance(label, int | np.integer) or label < 0:
            fix = "give the data set a target_transform"
            fail(name, f"target {label!r} of sample {k}", "a class index", fix)
        x, y, p = (
            events[field].astype(np.int64) if field in fields else np.zeros(len(events), np.int64)
            for field in "xyp"
        )
        if sensor[2] == 1:
            p = np.zeros_like(p)
        for field, values, length in zip("xyp", (x, y, p), sensor, strict=True):
            if values.size and not 0 <= values.min() <= values.max() < length:
                got = f"{field} from {values.min()} to {values.max()} in sample {k}"
                expected = f"0 to {length - 1}, as its sensor_size says"
                fail(name, got, expected, "map the events with a transform")
        micros = events["t"].astype(np.int64)
        channels = (p * shape[1] + y // pool) * shape[2] + x // pool
        times = (micros - micros.min()) / 1000 if len(micros) else micros
        inputs[k] = bin_events(times, channels, size=inputs.shape[2], **grid)
        targets[k] = label
    return inputs, targets
