"""What a run folder holds, read once and checked before anything is drawn."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..systems import RunFolder, fail, open_folder, read_arrays, read_json, read_log

_TEXTS = ("system", "title", "summary", "reference", "data", "command", "started")
_CONFIG = {**dict.fromkeys(_TEXTS, str), "seed": int, "quick": bool, "claims": list,
           "settings": dict, "versions": dict, "machine": dict}  # fmt: skip
_CLAIM = dict.fromkeys(("name", "statement", "bound", "derivation", "ablation"), str)
_SUMMARY = {"metrics": dict, "claims": list}
_ROW = {"claim": str, "bound": str, "holds": bool, "seeds": list, "ablation": dict}
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
    config = read_json(folder.config)
    _require(config, _CONFIG, folder.config.name)
    for index, claim in enumerate(config["claims"]):
        _require(claim, _CLAIM, f"{folder.config.name}, claims[{index}]")
    summary = read_json(folder.metrics) if folder.metrics.exists() else {}
    if summary:
        _require(summary, _SUMMARY, folder.metrics.name)
    for index, row in enumerate(summary.get("claims", [])):
        place = f"{folder.metrics.name}, claims[{index}]"
        _require(row, _ROW, place)
        _require(row["ablation"], {"name": str, "holds": bool}, f"{place}.ablation")
        _require_figure(row, "measured", place)
        _require_figure(row["ablation"], "measured", f"{place}.ablation")
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


def _require(found: Any, kinds: Mapping[str, type], place: str) -> None:
    if not isinstance(found, Mapping):
        fail(place, type(found).__name__, "a JSON object", _FIX)
    for name, kind in kinds.items():
        if name not in found:
            fail(place, f"nothing called {name!r}", f"{name!r}", _FIX)
        if not isinstance(found[name], kind):
            fail(f"{place}, {name}", repr(found[name]), f"a {kind.__name__}", _FIX)


def _require_figure(found: Mapping[str, Any], name: str, place: str) -> None:
    value = found.get(name, "nothing")
    if value is not None and not is_number(value):
        fail(f"{place}, {name}", repr(value), "a number, or null where there is none", _FIX)


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
