"""What topologies refuse."""

from typing import Any

import numpy as np

from ..numerics import fail


def as_probability(value: Any, name: str, *, zero: bool = True) -> float:
    """Return a probability; `zero` tells whether it may be none."""
    is_number = isinstance(value, int | float | np.integer | np.floating)
    good = is_number and not isinstance(value, bool)
    if not good or not 0 <= value <= 1 or (value == 0 and not zero):
        kind = "a number from 0 to 1" if zero else "a number above 0, at most 1"
        fail(name, value, kind, f"pass e.g. {name}=0.1")
    return float(value)


def as_real(value: Any, name: str, *, positive: bool = False, minimum: float | None = None):
    """Return one finite number, positive or of at least `minimum` where that is asked for."""
    is_number = isinstance(value, int | float | np.integer | np.floating)
    good = is_number and not isinstance(value, bool) and np.isfinite(value)
    if not good or (positive and value <= 0) or (minimum is not None and value < minimum):
        least = "" if minimum is None else f", at least {minimum:g}"
        kind = f"one {'positive ' if positive else ''}finite number{least}"
        fail(name, value, kind, f"pass e.g. {name}=1.0")
    return float(value)


def as_numbers(value: Any, name: str, what: str, *dimensions: int) -> np.ndarray:
    """Return real numbers in double precision, of so many dimensions."""
    try:
        array = np.asarray(value)
        array = array.astype(np.float64) if array.dtype.kind in "fiu" else None
    except Exception:  # of any kind: what it is made of is unknown
        array = None
    if array is None:
        fail(name, f"{type(value).__name__}", what, "pass an array of numbers")
    if array.ndim not in dimensions or array.size == 0 or np.isnan(array).any():
        got = "NaN" if np.isnan(array).any() else f"shape {array.shape}"
        fail(name, got, what, "pass an array of numbers")
    return array
