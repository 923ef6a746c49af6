"""The folder of a run: which files it holds, and how they are written and read safely."""

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ._errors import as_path, fail, opening

_READABLE, _WRITABLE = "a file that can be read", "a place that can be written"


@dataclass(frozen=True)
class RunFolder:
    """The files of one run.

    **Arguments:** `path`, the folder; it need not exist yet.

    **Raises:** `InputError` for what is no path.

    >>> RunFolder(Path("runs/first")).metrics.name
    'metrics.json'
    """

    path: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", as_path(self.path, "path"))

    @property
    def config(self) -> Path:
        """What was asked for: system, data, seed, settings, versions, command."""
        return self.path / "config.json"

    @property
    def metrics(self) -> Path:
        """What came out: figures and checked claims."""
        return self.path / "metrics.json"

    @property
    def arrays(self) -> Path:
        """What the pictures are drawn from."""
        return self.path / "arrays.safetensors"

    @property
    def checkpoint(self) -> Path:
        """Where training can go on from."""
        return self.path / "checkpoint.safetensors"

    @property
    def log(self) -> Path:
        """One JSON object per epoch."""
        return self.path / "log.jsonl"

    @property
    def spent(self) -> Path:
        """Time and memory of a stopped run so far."""
        return self.path / "spent.json"

    @property
    def report(self) -> Path:
        """The page a person reads."""
        return self.path / "report.html"


def open_folder(path: str | Path) -> RunFolder:
    """Return the folder of an existing run.

    **Raises:** `InputError` if there is no folder, or no run in it.
    """
    folder = RunFolder(as_path(path, "RUN"))
    with opening(folder.path, "RUN", "the folder of a run"):
        is_folder, holds_run = folder.path.is_dir(), folder.config.is_file()
    if not is_folder:
        fail(
            "RUN", f"{folder.path}, which is not a folder", "the folder of a run", "check the path"
        )
    if not holds_run:
        fail(
            "RUN",
            f"{folder.path}, which has no config.json",
            "a folder written by `neuropil run`",
            "give the folder itself, e.g. runs/delays-20260101-120000",
        )
    return folder


def write_text(path: Path, text: str) -> None:
    """Write a text file so that a reader sees the old one or the new one, never a part."""
    with opening(path, path.name, _WRITABLE):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write strict JSON, numbers that are not finite as null, to a temporary name, then move."""
    write_text(path, json.dumps(plain(content), indent=2, allow_nan=False) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    **Raises:** `InputError` if the file is missing, damaged or holds something else.
    """
    path, fix = as_path(path, "path"), "run the system again, or restore the file"
    try:
        with opening(path, path.name, _READABLE):
            if not path.exists():
                fail(path.name, f"no such file in {path.parent}", "a JSON file", fix)
            content = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        fail(path.name, f"a damaged file ({error})", "a JSON object", fix)
    if not isinstance(content, dict):
        fail(path.name, type(content).__name__, "a JSON object", fix)
    return content


def write_arrays(path: Path, arrays: Mapping[str, Any], metadata: Mapping[str, str]) -> None:
    """Write named arrays to a temporary name, then move; their order is kept."""
    from safetensors.numpy import save_file

    ready = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with opening(path, path.name, _WRITABLE):
        try:
            save_file(ready, temporary, metadata={**metadata, "order": json.dumps(list(ready))})
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


def read_arrays(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Read named arrays and their metadata; a missing file has neither.

    **Raises:** `InputError` if the file is damaged.
    """
    from safetensors import SafetensorError, safe_open

    path = as_path(path, "path")
    if not path.is_file():
        return {}, {}
    try:
        with opening(path, path.name, _READABLE), safe_open(path, framework="numpy") as file:
            metadata = dict(file.metadata() or {})
            stored = set(file.keys())
            order = [n for n in json.loads(metadata.pop("order", "[]")) if n in stored]
            names = order + sorted(stored - set(order))
            return {name: file.get_tensor(name) for name in names}, metadata
    except (SafetensorError, ValueError) as error:
        fail(path.name, f"a damaged file ({error})", "named arrays", "run the system again")


def read_log(path: Path) -> list[dict[str, Any]]:
    """Read the log of a training, one entry per epoch.

    A line cut short by a killed process is left out, and an epoch that was repeated after
    resuming counts once, as it went the last time.
    """
    path = as_path(path, "path")
    entries: dict[Any, dict[str, Any]] = {}
    with opening(path, path.name, _READABLE):
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:
            continue
        if isinstance(entry, dict):
            entries[entry.get("epoch", f"line {number}")] = entry
    return list(entries.values())


def plain(value: Any) -> Any:
    """Turn NumPy and JAX numbers, tuples and paths into what strict JSON can hold."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist") and getattr(value, "ndim", 0):
        return plain(value.tolist())
    number = float(value)
    if isinstance(value, np.integer):
        return int(value)
    return number if np.isfinite(number) else None
