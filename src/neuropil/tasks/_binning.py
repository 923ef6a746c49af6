"""From events (when, which channel) to bins [time, feature]."""

from typing import Any

import numpy as np

from ._errors import as_count, as_grid, fail

_LARGEST = 32 * 2**30  # bytes


def bin_events(times: Any, channels: Any, *, size: int, dt: float, duration: float) -> np.ndarray:
    r"""Bin the events of one recording: True where at least one event fell into a bin.

    $$x_{k,i} = \min\bigl(1, \#\{e : c_e = i,\ k\,\Delta t \le t_e < (k+1)\,\Delta t\}\bigr)$$

    **Arguments:** `times` [event], ms from the start of the recording; `channels` [event], integers
    below `size`; `size`, the number of channels; `dt`, bin width in ms; `duration`, in ms,
    rounded up to whole bins: later events are left out, shorter recordings end in silence.

    **Raises:** `TaskError` for channels out of range, negative times and a nonsense grid.

    >>> bin_events([0.5, 12.0, 13.0], [1, 0, 0], size=2, dt=10.0, duration=20.0).astype(int)
    array([[0, 1],
           [1, 0]])
    """
    try:
        when, which = np.asarray(times, np.float64), np.asarray(channels)
    except (TypeError, ValueError):
        fail("times", times, "ms from the start, one per event", "pass a flat array of numbers")
    if when.ndim != 1 or which.shape != when.shape:
        got = f"shapes {when.shape} and {which.shape}"
        fail("channels", got, "one channel for each time", "pass two flat arrays of one length")
    if when.size and not np.issubdtype(which.dtype, np.integer):
        fail("channels", f"an array of {which.dtype}", "integers", "pass channel numbers")
    if when.size and not (np.isfinite(when).all() and when.min() >= 0):
        fail("times", "negative or non-finite times", "ms from the start", "subtract the start")
    count = as_count(size, "size")
    if which.size and not 0 <= which.min() <= which.max() < count:
        got = f"channels {which.min()} to {which.max()}"
        fail("channels", got, f"channels below size={count}", "raise size or map the channels")
    bins = blank(1, count, dt=dt, duration=duration)[0]
    row = np.floor(when / dt + 1e-9).astype(np.int64)
    kept = row < len(bins)
    bins[row[kept], which[kept].astype(np.int64)] = True
    return bins


def blank(samples: int, size: int, *, dt: float, duration: float) -> np.ndarray:
    """Return silence [sample, time, feature], one byte a bin.

    **Raises:** `TaskError` for a nonsense grid, or one that would not fit into memory.
    """
    width, steps = as_grid(dt, duration)
    needed = samples * steps * size
    if needed > _LARGEST:
        got = f"{width:g} ms, which needs {needed / 2**30:.0f} GiB"
        fail(
            "dt", got, "at most 32 GiB of bins", "use a larger dt, a shorter duration or less data"
        )
    return np.zeros((samples, steps, size), bool)
