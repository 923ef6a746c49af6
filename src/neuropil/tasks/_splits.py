"""The fixed train, validation and test parts that are shipped with the package."""

import json
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np

from ._content import digest_ids, verify
from ._errors import damaged
from ._task import Split


@dataclass(frozen=True)
class SplitFile:
    """A shipped split: the ids of each part and the hash of the content they refer to."""

    train: tuple[Any, ...]
    validation: tuple[Any, ...]
    test: tuple[Any, ...]
    content: dict[str, str]

    def divide(self, inputs: np.ndarray, targets: np.ndarray, ids: list[Any]) -> tuple[Split, ...]:
        """Return the three parts of samples given in any order."""
        position = {entry: at for at, entry in enumerate(ids)}
        parts = []
        for chosen in (self.train, self.validation, self.test):
            rows = np.array([position[entry] for entry in chosen], np.int64)
            parts.append(Split(inputs[rows], targets[rows], np.array(chosen)))
        return tuple(parts)


def load_splits(name: str) -> SplitFile:
    """Read a shipped split and check the hash of its ids.

    A part is a list of ids, or a range `{"start": a, "stop": b}` of integer ids, b left out.

    **Raises:** `DataDamaged` if the file was changed.
    """
    file = resources.files("neuropil.tasks").joinpath("splits", f"{name}.json")
    try:
        stored = json.loads(file.read_text("utf-8"))
        train, validation, test = (
            _expand(stored[part]) for part in ("train", "validation", "test")
        )
        expected, content = stored["ids_sha256"], dict(stored["content_sha256"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = f"a file that cannot be read ({error!r})"
        damaged(f"split {name}", what, "the shipped file", "reinstall neuropil")
    verify(f"split {name}", digest_ids([*train, *validation, *test]), expected)
    return SplitFile(train, validation, test, content)


def _expand(part: Any) -> tuple[Any, ...]:
    return tuple(range(part["start"], part["stop"]) if isinstance(part, dict) else part)
