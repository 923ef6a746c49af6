"""Where a fit stands, and how it is put on disk and taken up again."""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..numerics import (
    as_count,
    as_flag,
    as_path,
    fail,
    filled,
    named_arrays,
    read_arrays,
    write_arrays,
)
from ._identity import surroundings
from ._log import Entry, strict
from ._statistics import Statistics
from ._step import Carry, only_like


@dataclass(frozen=True)
class Checkpoints:
    """Keeps a file from which a fit that was stopped, or killed, goes on as if it had not been.

    It is written after every epoch, at Ctrl-C and, if asked for, every so many steps; always
    whole, under a temporary name first.

    **Arguments:** `path`, by custom ending in `.safetensors`; `every_steps`, or None for epochs
    only; `resume`, go on from the file if there is one, else begin and write over it.

    **Raises:** `NeuropilError` for a path that is none, or `every_steps` below 1.

    >>> Checkpoints("runs/first/checkpoint.safetensors", every_steps=100).every_steps
    100
    """

    path: str | Path
    every_steps: int | None = None
    resume: bool = False

    def __post_init__(self):
        """Refuse nonsense."""
        as_path(self.path)
        as_flag(self.resume, "resume")
        if self.every_steps is not None:
            as_count(self.every_steps, "every_steps")

    def is_due(self, steps: int) -> bool:
        """Return whether to write after so many steps in all."""
        return self.every_steps is not None and steps % self.every_steps == 0


class Best(NamedTuple):
    """The best epoch so far: its value, arrays and statistics, and how many epochs ago it was."""

    value: float
    arrays: Any
    statistics: Statistics
    ago: int


class Stand(NamedTuple):
    """Where a fit stands: after `step` steps of epoch `epoch`."""

    carry: Carry
    fixed: Any
    epoch: int = 0
    step: int = 0
    history: tuple[Entry, ...] = ()
    best: Best | None = None


def write_checkpoint(path: Path, stand: Stand, key: Any, run: dict[str, Any]) -> None:
    """Write where a fit stands; `run` are the settings that have to be the same on resuming."""
    best = stand.best
    about = {
        "kind": "training",
        "run": run,
        "surroundings": surroundings(),
        "epoch": stand.epoch,
        "step": stand.step,
        "history": [
            strict({name: value for name, value in entry.items() if name != "seconds"})
            for entry in stand.history
        ],
        "best": None if best is None else {"value": best.value, "ago": best.ago},
    }
    parts = {**_parts(stand), "key": key}
    if best is not None:
        parts["best"] = (best.arrays, best.statistics)
    arrays: dict[str, np.ndarray] = {}
    for name, tree in parts.items():
        arrays |= named_arrays(name, tree)
    write_arrays(path, arrays, about)


def read_checkpoint(path: Path, begun: Stand, key: Any, run: dict[str, Any]) -> Stand:
    """Return where a fit stood.

    **Arguments:** `begun`, the same fit before its first step; `key` and `run`, its key and
    settings.

    **Raises:** `NeuropilError` for a damaged or foreign file, or one of a fit with other settings.

    **Warns:** where versions, devices or cores are others than when it was written.
    """
    arrays, about = read_arrays(path)
    if about.get("kind") != "training":
        fail(str(path), "parameters only", "a checkpoint of a fit", "use load(path, like)")
    written = about["run"]
    differ = {name: value for name, value in run.items() if written.get(name) != value}
    if differ:
        fail(
            str(path),
            f"a fit with { ({name: written.get(name) for name in differ}) }",
            f"the settings of this fit, {differ}",
            "resume with the settings it was begun with, or begin anew with resume=False",
        )
    if "key" not in arrays or not np.array_equal(arrays["key"], named_arrays("key", key)["key"]):
        fail(str(path), "a fit with another random key", "the same key", "pass the key it had")
    _warn_of_others(path, about.get("surroundings", {}))
    parts = _parts(begun)
    found = {name: filled(name, like, arrays, path) for name, like in parts.items()}
    unknown = [name for name in arrays if not name.startswith((*parts, "best", "key"))]
    if unknown:
        fail(str(path), f"unknown arrays {unknown[:3]}", "those of this fit", "use its own version")
    node, best = found.pop("node"), about["best"]
    if best is not None:
        kept = filled("best", (parts["node"], parts["statistics"]), arrays, path)
        best = Best(best["value"], kept[0], kept[1], best["ago"])
    carry = Carry(only_like(node, begun.carry.params), **found, sound=jnp.array(True))
    fixed = only_like(node, begun.fixed)
    return Stand(carry, fixed, about["epoch"], about["step"], tuple(about["history"]), best)


def _warn_of_others(path, written):
    now = surroundings()
    differ = [
        f"{name} {written.get(name)}, now {value}"
        for name, value in now.items()
        if written.get(name) != value
    ]
    if differ:
        text = f"{path} was written with {'; '.join(differ)}: the last bits of results may differ"
        warnings.warn(text, stacklevel=4)


def _parts(stand: Stand) -> dict[str, Any]:
    carry = stand.carry
    return {
        "node": eqx.combine(carry.params, stand.fixed),
        "optimizer": carry.optimizer,
        "statistics": carry.statistics,
        "totals": carry.totals,
        "steps": carry.steps,
    }
