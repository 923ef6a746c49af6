"""Spoken digits (FSDD): 3,000 recordings, turned into spikes by the cochlea model."""

import io
import os
import tarfile
import tempfile
import warnings
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ._binning import bin_events, blank
from ._cochlea import Cochlea
from ._content import digest, digest_files, verify
from ._errors import as_grid, damaged, fail
from ._fetch import cache_folder, folders, not_found, obtain
from ._splits import load_splits
from ._task import Task

_ADDRESSES = (
    "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/tags/v1.0.10.tar.gz",
)
_FORMAT = 1  # raise it when the encoded form or the cochlea's arithmetic changes
_RATE = 8000


@dataclass(frozen=True)
class _Events:
    """Spikes of many recordings, one after the other; recording k is bounds[k] to bounds[k + 1]."""

    times: np.ndarray
    channels: np.ndarray
    bounds: np.ndarray


def spoken_digits(
    *, cochlea: Cochlea | None = None, dt: float = 10.0, duration: float = 800.0
) -> Task:
    """Spoken digits 0 to 9 as spikes: 2,400 recordings for training, 300 validation, 300 test.

    Recordings of 0.14 to 2.3 s by six speakers, each encoded from its first sample, silent after
    its end and cut at `duration` (2 % are longer than 800 ms). Test is the official part, the
    indices 0 to 4 of every speaker and digit; validation the indices 5 to 9, so that both are
    balanced. The encoded form is kept in the cache: a second load reads only that.

    **Arguments:** `cochlea`, the model, or None for `Cochlea()`; `dt`, bin width in ms; `duration`
    in ms.

    **Raises:** `DataNotFound` if the recordings are nowhere and cannot be downloaded; `DataDamaged`
    if they are not the published ones; `MissingExtra` without SciPy; `TaskError`.

    Source: https://github.com/Jakobovski/free-spoken-digit-dataset, version 1.0.10
    """
    ear = Cochlea() if cochlea is None else cochlea
    if not isinstance(ear, Cochlea):
        fail("cochlea", ear, "a Cochlea", "pass e.g. Cochlea(channels=64)")
    as_grid(dt, duration)
    splits = load_splits("spoken-digits")
    ids = sorted([*splits.train, *splits.validation, *splits.test])
    inputs = blank(len(ids), ear.channels, dt=dt, duration=duration)
    events = _encoded(ear, ids, splits.content["recordings"])
    for k, (start, stop) in enumerate(zip(events.bounds[:-1], events.bounds[1:], strict=True)):
        times = events.times[start:stop] * ear.step
        which = events.channels[start:stop]
        inputs[k] = bin_events(times, which, size=ear.channels, dt=dt, duration=duration)
    targets = np.array([int(entry[0]) for entry in ids], np.int32)
    return Task(
        "spoken-digits",
        *splits.divide(inputs, targets, ids),
        classes=tuple("0123456789"),
        feature_shape=(ear.channels,),
        dt=float(dt),
        source="Free Spoken Digit Dataset 1.0.10, through neuropil.tasks.Cochlea",
        licence="CC BY-SA 4.0",
    )


def _encoded(ear: Cochlea, ids: Sequence[str], content: str) -> _Events:
    recipe = digest(f"{_FORMAT} {content} {ear!r}".encode())
    path = cache_folder() / "spoken-digits" / f"{recipe[:24]}.npz"
    if path.is_file():
        return _read(path, len(ids))
    spikes = ear.encode(_recordings(ids, content), rate=_RATE)
    sizes = [len(times) for times, _ in spikes]
    events = _Events(
        np.concatenate([np.rint(times / ear.step) for times, _ in spikes]).astype(np.uint32),
        np.concatenate([channels for _, channels in spikes]).astype(np.uint16),
        np.cumsum([0, *sizes]).astype(np.int64),
    )
    try:
        _write(path, events)
    except OSError as error:
        text = f"the encoded spoken digits could not be kept in {path.parent} ({error})"
        warnings.warn(text, stacklevel=3)
    return events


def _seal(events: _Events) -> str:
    parts = (events.times, events.channels, events.bounds)
    return digest(b"".join(part.tobytes() for part in parts))


def _write(path: Path, events: _Events) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".encoding-") as room:
        temporary = Path(room) / path.name
        np.savez_compressed(temporary, seal=np.array(_seal(events)), **vars(events))
        os.replace(temporary, path)


def _read(path: Path, samples: int) -> _Events:
    fix = "delete it; it is made again from the recordings"
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            events = _Events(stored["times"], stored["channels"], stored["bounds"])
            seal = str(stored["seal"])
    except Exception as error:  # zipfile, zlib, KeyError and ValueError, by the place of the damage
        damaged(str(path), f"a file that cannot be read ({error})", "encoded spikes", fix)
    if seal != _seal(events) or len(events.bounds) != samples + 1:
        damaged(str(path), "content that does not fit its hash", "encoded spikes", fix)
    return events


def _recordings(ids: Sequence[str], content: str) -> list[np.ndarray]:
    folder = _find(ids, content)
    paths = {entry: folder / f"{entry}.wav" for entry in ids}
    absent = [path.name for path in paths.values() if not path.is_file()]
    if absent:
        got = f"{len(ids) - len(absent)} recordings, without e.g. {absent[0]}"
        damaged(
            str(folder),
            got,
            f"{len(ids)} recordings",
            "delete the folder and fetch the whole data set again",
        )
    files = {path.name: path.read_bytes() for path in paths.values()}
    verify(str(folder), digest_files(files), content)
    return [_samples(files[f"{entry}.wav"], entry) for entry in ids]


def _samples(file: bytes, what: str) -> np.ndarray:
    with wave.open(io.BytesIO(file)) as sound:
        layout = (sound.getframerate(), sound.getnchannels(), sound.getsampwidth())
        if layout != (_RATE, 1, 2):
            damaged(what, f"(rate, channels, bytes) {layout}", "(8000, 1, 2)", "fetch it again")
        return np.frombuffer(sound.readframes(sound.getnframes()), "<i2")


def _find(ids: Sequence[str], content: str) -> Path:
    looked = [folder / "recordings" for folder in folders("fsdd")]
    for folder in looked:
        if folder.is_dir():
            return folder

    wanted = {f"{entry}.wav" for entry in ids}

    def unpack(download: Path, temporary: Path) -> None:
        files = _members(download, wanted)
        verify("download of the recordings", digest_files(files), content)
        temporary.mkdir()
        for name, file in files.items():
            (temporary / name).write_bytes(file)

    target = cache_folder() / "fsdd" / "recordings"
    problems = obtain(_ADDRESSES, target, unpack)
    if problems:
        fix = (
            "clone https://github.com/Jakobovski/free-spoken-digit-dataset as a folder fsdd and "
            "set NEUROPIL_DATA to the folder above it"
        )
        not_found("spoken-digits", looked, problems, fix)
    return target


def _members(download: Path, wanted: set[str]) -> dict[str, bytes]:
    files = {}
    try:
        with tarfile.open(download) as archive:
            for member in archive:
                name = Path(member.name).name
                content = archive.extractfile(member) if name in wanted else None
                if content is not None:
                    files[name] = content.read()
    except Exception as error:  # tarfile, gzip and zlib raise several unrelated kinds
        damaged("download", f"a broken archive ({error})", "a tar.gz of recordings", "try again")
    return files
