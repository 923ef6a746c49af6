"""What measures refuse, besides spikes that are none."""

from typing import Any

import numpy as np

from ..numerics import as_time_step, fail, is_traced


def as_time(value: Any, name: str, *, zero: bool = False) -> float:
    """Return a time in ms: positive, or not negative where `zero` is a time too."""
    is_number = isinstance(value, int | float | np.integer | np.floating)
    good = is_number and not isinstance(value, bool) and np.isfinite(value)
    if not good or value < 0 or (value == 0 and not zero):
        kind = "one finite number in ms, at least 0" if zero else "one positive finite number in ms"
        fail(name, value, kind, f"pass e.g. {name}=5.0")
    return float(value)


def as_ticks(value: Any, name: str, dt: Any) -> tuple[int, float]:
    """Return how many ticks a time is, and the time step, refusing parts of ticks."""
    time, dt = as_time(value, name), as_time_step(dt)
    ticks = round(time / dt)
    if ticks < 1 or abs(ticks * dt - time) > 1e-6 * time:
        near = max(ticks, 1) * dt
        fail(name, f"{time:g} ms", f"a whole number of ticks of {dt:g} ms", f"pass {near:g}")
    return ticks, dt


def as_traces(value: Any, name: str, axes: str, *dimensions: int) -> np.ndarray:
    """Return finite real numbers over time in double precision."""
    expected = f"finite numbers {axes}"
    fix = "pass what was recorded, e.g. np.asarray(records.kept['v'])"
    if is_traced(value):
        fail(name, "an array that is being traced", expected, "measure outside of jit and grad")
    try:
        array = np.asarray(value)
        array = array.astype(np.float64) if array.dtype.kind not in "OSUcmM" else None
    except Exception:  # of any kind: what it is made of is unknown
        array = None
    if array is None:
        fail(name, f"{type(value).__name__}", expected, fix)
    if array.ndim not in dimensions or not array.size:
        fail(name, f"shape {array.shape}", expected, fix)
    if not np.isfinite(array).all():
        fail(name, "numbers that are not finite", expected, "leave out what is not finite")
    return array


def as_trajectories(true: Any, generated: Any) -> tuple[np.ndarray, np.ndarray, bool]:
    """Return two trajectories of one number of dimensions, and if the generated one is finite."""
    axes = "[time, dimensions]"
    true = as_traces(true, "true", axes, 2)
    if is_traced(generated):
        fail("generated", "an array that is being traced", f"numbers {axes}", "measure outside jit")
    try:
        is_finite = bool(np.isfinite(np.asarray(generated, np.float64)).all())
    except (TypeError, ValueError):
        is_finite = True  # what it is instead is said below
    shown = generated if is_finite else np.nan_to_num(np.asarray(generated, np.float64))
    shown = as_traces(shown, "generated", axes, 2)
    if shown.shape[1] != true.shape[1]:
        expected = f"{true.shape[1]} dimensions, as the true one has"
        fail("generated", f"{shown.shape[1]} dimensions", expected, "compare the same variables")
    return true, shown, is_finite
