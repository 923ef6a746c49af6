"""N-MNIST: handwritten digits seen by an event camera, 1,000 + 100 recordings."""

import zipfile
from pathlib import Path

import numpy as np

from ._binning import bin_events, blank
from ._content import digest_files, verify
from ._errors import as_count, as_grid, damaged
from ._fetch import cache_folder, folders, not_found, obtain
from ._splits import load_splits
from ._task import Task

_ADDRESSES = (
    "https://raw.githubusercontent.com/bamsumit/slayerPytorch/"
    "01beeeb6a181546d6c6830382ce6086bfc587836/example/02_NMNIST_MLP/NMNISTsmall.zip",
)
_SIDE = 34
_LISTS = ("train1K.txt", "test100.txt")


def nmnist(*, dt: float = 10.0, duration: float = 310.0, pool: int = 1) -> Task:
    """N-MNIST, a subset: 905 recordings for training, 95 for validation, 100 for test.

    Three saccades of about 100 ms over a digit, 34x34 pixels. Test is `test100.txt`; of
    `train1K.txt`, counting the samples of each class from 0, those with count % 10 == 9 are for
    validation. Features are (polarity, row, column), flat; polarity 0 is darker, 1 brighter.

    **Arguments:** `dt`, bin width in ms; `duration` in ms; `pool`, side in pixels of the squares
    that share a channel.

    **Raises:** `DataNotFound` if the recordings are nowhere and cannot be downloaded; `DataDamaged`
    if they are not the published ones; `TaskError`.

    Source: Orchard et al. 2015, https://doi.org/10.3389/fnins.2015.00437
    """
    as_grid(dt, duration)
    width = as_count(pool, "pool", maximum=_SIDE)
    side = -(-_SIDE // width)
    splits = load_splits("nmnist")
    ids = sorted([*splits.train, *splits.validation, *splits.test])
    inputs = blank(len(ids), 2 * side * side, dt=dt, duration=duration)
    files = _read(_find(ids, splits.content["recordings"]), ids, splits.content["recordings"])
    for k, entry in enumerate(ids):
        x, y, polarity, micros = parse_bs2(files[f"{entry}.bs2"], f"{entry}.bs2")
        channels = (polarity * side + y // width) * side + x // width
        inputs[k] = bin_events(
            micros / 1000, channels, size=inputs.shape[2], dt=dt, duration=duration
        )
    labels = dict(pair for name in _LISTS for pair in _pairs(files[name]))
    targets = np.array([labels[entry] for entry in ids], np.int32)
    return Task(
        "nmnist",
        *splits.divide(inputs, targets, ids),
        classes=tuple("0123456789"),
        feature_shape=(2, side, side),
        dt=float(dt),
        source="N-MNIST (Orchard et al. 2015), subset shipped with bamsumit/slayerPytorch",
        licence="CC BY-SA 4.0",
    )


def parse_bs2(content: bytes, what: str) -> tuple[np.ndarray, ...]:
    """Return x, y, polarity and time in microseconds of a `.bs2` recording.

    Layout, 5 bytes an event: x, y, then 24 bits, most significant first: polarity (1 bit) and time
    in microseconds (23 bits).

    **Raises:** `DataDamaged` for a broken length or pixels outside the camera.

    >>> [int(part[0]) for part in parse_bs2(bytes([3, 4, 0x80, 1, 2]), "one event")]
    [3, 4, 1, 258]
    """
    fix = "fetch the data set again"
    if len(content) % 5:
        damaged(what, f"{len(content)} bytes", "5 bytes an event", fix)
    x, y, high, middle, low = np.frombuffer(content, np.uint8).reshape(-1, 5).T.astype(np.int64)
    if x.size and max(x.max(), y.max()) >= _SIDE:
        damaged(what, f"pixel ({x.max()}, {y.max()})", f"{_SIDE}x{_SIDE} pixels", fix)
    return x, y, high >> 7, (high & 0x7F) << 16 | middle << 8 | low


def _pairs(content: bytes) -> list[tuple[int, int]]:
    """Return (sample, class) of each line that is not a comment."""
    lines = [line.split() for line in content.decode().splitlines()]
    return [(int(line[0]), int(line[1])) for line in lines if line and line[0][0] != "#"]


def _names(ids: list[int]) -> list[str]:
    return [*_LISTS, *(f"{entry}.bs2" for entry in ids)]


def _read(folder: Path, ids: list[int], content: str) -> dict[str, bytes]:
    absent = [name for name in _names(ids) if not (folder / name).is_file()]
    if absent:
        got = f"{len(absent)} files less, e.g. {absent[0]}"
        damaged(
            str(folder),
            got,
            "all recordings and lists",
            "delete the folder and fetch the whole data set again",
        )
    files = {name: (folder / name).read_bytes() for name in _names(ids)}
    verify(str(folder), digest_files(files), content)
    return files


def _find(ids: list[int], content: str) -> Path:
    looked = list(folders("nmnist-small"))
    for folder in looked:
        if folder.is_dir():
            return folder

    def unpack(download: Path, temporary: Path) -> None:
        files = _members(download, set(_names(ids)))
        verify("download of the recordings", digest_files(files), content)
        temporary.mkdir()
        for name, file in files.items():
            (temporary / name).write_bytes(file)

    target = cache_folder() / "nmnist-small"
    problems = obtain(_ADDRESSES, target, unpack)
    if problems:
        fix = (
            "unpack NMNISTsmall.zip of github.com/bamsumit/slayerPytorch as a folder nmnist-small "
            "and set NEUROPIL_DATA to the folder above it"
        )
        not_found("nmnist", looked, problems, fix)
    return target


def _members(download: Path, wanted: set[str]) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(download) as archive:
            names = [name for name in archive.namelist() if Path(name).name in wanted]
            return {Path(name).name: archive.read(name) for name in names}
    except Exception as error:  # zipfile and zlib raise several unrelated kinds
        damaged("download", f"a broken archive ({error})", "a zip of recordings", "try again")
