"""What tells one fit from another: names of its functions, and what it was run with."""

import dataclasses
import functools
import os
from collections.abc import Callable
from typing import Any

import jax

from .. import __version__


def name_of(function: Callable) -> str:
    """Return the module and name of a function, and of those that it was made of.

    >>> from ._losses import cross_entropy
    >>> name_of(cross_entropy(sum))
    'neuropil.training._losses.CrossEntropy(builtins.sum)'
    """
    if isinstance(function, functools.partial):
        return name_of(function.func)
    named = function if hasattr(function, "__qualname__") else type(function)
    name = f"{named.__module__}.{named.__qualname__}"
    if not dataclasses.is_dataclass(function) or isinstance(function, type):
        return name
    parts = [getattr(function, field.name) for field in dataclasses.fields(function)]
    return f"{name}({', '.join(name_of(part) for part in parts if callable(part))})"


def surroundings() -> dict[str, Any]:
    """Return what the last bits of a fit may depend on besides its arguments."""
    has_affinity = hasattr(os, "sched_getaffinity")
    return {
        "neuropil": __version__,
        "jax": jax.__version__,
        "devices": [device.device_kind for device in jax.devices()],
        "cores": len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count(),
    }
