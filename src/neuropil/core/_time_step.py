"""A warning where the time step hides what a network does."""

import warnings
from typing import Any

import jax
import numpy as np

from ..numerics import is_traced
from ._cell import Cell
from ._receptor import Receptor

_NAMES = ("rise", "decay", "recovery", "facilitation")  # of time constants, besides tau and tau_*


def warn_of_long_steps(node: Any, dt: float) -> None:
    """Warn where dt is longer than a time constant of a cell, a receptor or another part."""
    found = [
        (float(shortest), name)
        for name, value in _time_constants(node)
        if (shortest := _least(value))
    ]
    shortest, name = min(found, default=(np.inf, ""))
    if dt > shortest:
        warnings.warn(
            f"dt: got {dt:g} ms, longer than the time constant {name} = {shortest:g} ms. What "
            "happens within a step is not resolved: exponential and implicit Euler stay stable "
            "but are late by about a step, others overshoot, and diverge above twice the constant."
            f"\nFix: pass dt={shortest / 10:g} or less, or a time constant that dt resolves.",
            stacklevel=3,
        )


def _time_constants(node):
    """Yield names and arrays: parameters, and what cells and receptors work out from theirs."""
    for path, leaf in jax.tree_util.tree_leaves_with_path(node):
        called = str(getattr(path[-1], "name", "")) if path else ""
        if called in _NAMES or called.startswith("tau"):
            yield jax.tree_util.keystr(path).removeprefix("."), leaf
    kinds = Cell, Receptor
    parts = jax.tree_util.tree_leaves_with_path(node, is_leaf=lambda x: isinstance(x, kinds))
    for path, part in parts:
        if isinstance(part, kinds):
            where = jax.tree_util.keystr(path).removeprefix(".")
            for name, value in part.time_constants().items():
                yield f"{name} of {where}", value


def _least(value) -> float:
    """Return the least positive number, 0 where none is known to this process."""
    if is_traced(value):
        return 0.0
    is_array = isinstance(value, jax.Array)
    if is_array and not (value.is_fully_addressable or value.is_fully_replicated):
        return 0.0
    numbers = np.asarray(value)
    return float(numbers[numbers > 0].min(initial=np.inf)) if (numbers > 0).any() else 0.0
