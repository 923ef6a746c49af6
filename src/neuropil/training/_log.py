"""The log: one JSON object per line and epoch."""

import json
import math
import os
from pathlib import Path
from typing import Any

from ..numerics import write_bytes

Entry = dict[str, Any]


def begin_log(path: Path, history: list[Entry]) -> list[Entry]:
    """Make a log hold exactly the epochs of a history; return them with the times it knew.

    Lines of later epochs, and one that was cut short, are of a run that was killed: they go.
    """
    known: dict[Any, Any] = {}
    if history and path.is_file():
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                entry = json.loads(line)
                known[entry["epoch"]] = entry["seconds"]
            except (ValueError, KeyError, TypeError):
                continue
    entries = [{**entry, "seconds": known.get(entry["epoch"])} for entry in history]
    write_bytes(path, "".join(map(_line, entries)).encode())
    return entries


def append_log(path: Path, entry: Entry) -> None:
    """Add an epoch to a log."""
    with open(path, "a", encoding="utf-8") as file:
        file.write(_line(entry))
        file.flush()
        os.fsync(file.fileno())


def strict(value: Any) -> Any:
    """Return what strict JSON can hold: numbers that are not finite become null."""
    if isinstance(value, dict):
        return {key: strict(item) for key, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _line(entry):
    return json.dumps(strict(entry), allow_nan=False) + "\n"
