"""A warning where the time step hides what a network does."""

import warnings
from typing import Any

import jax
import numpy as np

from ..numerics import is_traced


def warn_of_long_steps(node: Any, dt: float) -> None:
    """Warn where dt is longer than a time constant: any array whose name begins with `tau`."""
    found = [
        (float(np.min(np.asarray(leaf))), jax.tree_util.keystr(path).removeprefix("."))
        for path, leaf in jax.tree_util.tree_leaves_with_path(node)
        if _is_time_constant(path) and isinstance(leaf, jax.Array) and _is_here(leaf)
    ]
    shortest, name = min(found, default=(np.inf, ""))
    if dt > shortest:
        warnings.warn(
            f"dt: got {dt:g} ms, longer than the time constant {name} = {shortest:g} ms. What "
            "happens within a step is not resolved: exponential Euler stays stable but is late by "
            "about a step, other integrators overshoot, and diverge above twice the time constant."
            f"\nFix: pass dt={shortest / 10:g} or less, or a time constant that dt resolves.",
            stacklevel=3,
        )


def _is_here(leaf):
    """Whether the numbers are known, and to this process."""
    return not is_traced(leaf) and (leaf.is_fully_addressable or leaf.is_fully_replicated)


def _is_time_constant(path):
    return bool(path) and str(getattr(path[-1], "name", "")).startswith("tau")
