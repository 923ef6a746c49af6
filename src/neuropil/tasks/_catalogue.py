"""Where the data sets lie on this machine."""

import importlib.util
from pathlib import Path

from ._fetch import folders

_FOLDERS = {
    "fashion-mnist": "fashion-mnist",
    "mnist": "mnist",
    "spoken-digits": "fsdd",
    "nmnist": "nmnist-small",
    "shd": "shd",
    "worm": "worm",
}


def where_found() -> dict[str, str | None]:
    """Return where each data set is found on this machine, or None; nothing is downloaded.

    >>> where_found()["interval"]
    'made when needed'
    """
    has_digits = importlib.util.find_spec("sklearn") is not None
    found: dict[str, str | None] = {
        "digits": "inside scikit-learn" if has_digits else None,
        "interval": "made when needed",
    }
    for name, folder in _FOLDERS.items():
        found[name] = next((str(place) for place in folders(folder) if _holds_data(place)), None)
    if found["worm"] is None and importlib.util.find_spec("wormneuroatlas") is not None:
        found["worm"] = "inside wormneuroatlas"
    return found


def _holds_data(place: Path) -> bool:
    """Tell whether a folder holds more than an interrupted download."""
    return place.is_dir() and any(
        entry.suffix != ".part" and not entry.name.startswith(".") for entry in place.iterdir()
    )
