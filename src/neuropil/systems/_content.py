"""What the JSON files of a run must hold, checked before anything is done with them."""

from collections.abc import Mapping
from typing import Any

from ._errors import fail
from ._folder import RunFolder, read_json

_TEXTS = ("system", "title", "summary", "reference", "data", "command", "started")
_CONFIG = {**dict.fromkeys(_TEXTS, str), "seed": int, "quick": bool, "claims": list,
           "settings": dict, "versions": dict, "machine": dict}  # fmt: skip
_CLAIM = dict.fromkeys(("name", "statement", "bound", "derivation", "ablation"), str)
_METRICS = {"metrics": dict, "claims": list}
_ROW = {"claim": str, "bound": str, "holds": bool, "seeds": list, "ablation": dict}
_ABLATION = {"name": str, "holds": bool}


def read_config(folder: RunFolder) -> dict[str, Any]:
    """Read what a run was asked for.

    **Raises:** `InputError` if the file is missing, damaged or misses something.
    """
    config, name = read_json(folder.config), folder.config.name
    require_fields(config, _CONFIG, name)
    for index, claim in enumerate(config["claims"]):
        require_fields(claim, _CLAIM, f"{name}, claims[{index}]")
    return config


def read_metrics(folder: RunFolder) -> dict[str, Any]:
    """Read what came out of a finished run.

    **Raises:** `InputError` if the file is missing, damaged or misses something.
    """
    metrics, name = read_json(folder.metrics), folder.metrics.name
    require_fields(metrics, _METRICS, name)
    for index, row in enumerate(metrics["claims"]):
        place = f"{name}, claims[{index}]"
        require_fields(row, _ROW, place)
        require_fields(row["ablation"], _ABLATION, f"{place}.ablation")
        for figures, where in ((row, place), (row["ablation"], f"{place}.ablation")):
            value = figures.get("measured", "nothing")
            if value is not None and (
                isinstance(value, bool) or not isinstance(value, int | float)
            ):
                expected = "a number, or null where there is none"
                _refuse(f"{where}, measured", repr(value), expected)
    return metrics


def require_fields(found: Any, kinds: Mapping[str, type], place: str) -> None:
    """Refuse what is no JSON object with fields of these names and types."""
    if not isinstance(found, Mapping):
        _refuse(place, type(found).__name__, "a JSON object")
    for name, kind in kinds.items():
        if name not in found:
            _refuse(place, f"nothing called {name!r}", f"{name!r}")
        taken_for_number = kind is int and isinstance(found[name], bool)
        if taken_for_number or not isinstance(found[name], kind):
            _refuse(f"{place}, {name}", repr(found[name]), f"a {kind.__name__}")


def _refuse(place: str, got: str, expected: str) -> None:
    fail(place, got, expected, "run the system again, or restore the file")
