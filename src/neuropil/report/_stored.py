"""What a run folder holds, read once and checked before anything is drawn."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..systems import (
    RunFolder,
    fail,
    open_folder,
    read_arrays,
    read_config,
    read_log,
    read_metrics,
)

_FIX = "run the system again, or restore the file"


@dataclass(frozen=True)
class Stored:
    """What is known of a run.

    **Arguments:** `folder`; `config`, what was asked for; `summary`, what came out, empty while
    the run has not finished; `log`, an entry per epoch; `arrays`, by name; `tick_ms`, the length
    of a tick; `classes`, their names.
    """

    folder: RunFolder
    config: Mapping[str, Any]
    summary: Mapping[str, Any]
    log: Sequence[Mapping[str, Any]]
    arrays: Mapping[str, np.ndarray]
    tick_ms: float | None
    classes: Sequence[str]


def read_run(run: str | Path) -> Stored:
    """Read the folder of a run, finished or not.

    **Raises:** `InputError` if there is no run, or a file is damaged or misses something.
    """
    folder = open_folder(run)
    config = read_config(folder)
    summary = read_metrics(folder) if folder.metrics.exists() else {}
    for row in summary.get("claims", []):
        as_limit(row["bound"])
    arrays, told = read_arrays(folder.arrays)
    about = _about(told.get("about", "{}"), folder.arrays.name)
    tick_ms, classes = about.get("tick_ms"), about.get("classes") or []
    return Stored(folder, config, summary, read_log(folder.log), arrays, tick_ms, classes)


def setup(run: Stored) -> dict[str, Any]:
    """How a run was set up: its settings, with what the system chose where nothing was set."""
    return {**run.config["settings"], **run.summary.get("setup", {})}


def _about(text: str, place: str) -> dict[str, Any]:
    try:
        about = json.loads(text)
    except json.JSONDecodeError:
        about = None
    if not isinstance(about, dict):
        fail(f"{place}, about", repr(text), "a JSON object", _FIX)
    return about


def is_number(value: Any) -> bool:
    """Whether a stored value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def as_limit(bound: str) -> tuple[str, float]:
    """Relation and value of a bound as stored, e.g. `>= 0.9`.

    >>> as_limit(">= 0.9")
    ('>=', 0.9)
    """
    relation, _, text = bound.partition(" ")
    try:
        limit = float(text)
    except ValueError:
        limit = math.nan
    if relation not in (">=", "<=") or not math.isfinite(limit):
        fail("bound", repr(bound), "a relation and a number, e.g. '>= 0.9'", _FIX)
    return relation, limit
