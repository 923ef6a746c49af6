from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from ..numerics import as_time_step, fail
from ._checks import as_ticks
from ._events import Events, Spikes, Trains, as_events, trains_of


def rates(spikes: Spikes, dt: float) -> Float[np.ndarray, " neuron"]:
    r"""Return the mean rate of every neuron, $n_i / (T \Delta t)$, in Hz.

    **Arguments:** `spikes`, 0/1 `[time, neuron]` or `Events`; `dt`, in ms.

    **Raises:** `NeuropilError` for anything else.

    >>> rates([[1, 0], [1, 0], [0, 0], [0, 1]], dt=1.0).tolist()
    [500.0, 250.0]
    """
    events, dt = as_events(spikes), as_time_step(dt)
    return np.bincount(events.neuron, minlength=events.size) / (events.ticks * dt * 1e-3)


def population_rate(spikes: Spikes, dt: float, bin: float) -> Float[np.ndarray, " bins"]:
    r"""Return the rate of the mean neuron in every bin, in Hz.

    **Arguments:** `spikes`, 0/1 `[time, neuron]` or `Events`; `dt`, in ms; `bin`, in ms, a whole
    number of ticks. What remains after the last whole bin is left out.

    **Raises:** `NeuropilError` for bins of parts of ticks, or longer than the recording.

    >>> population_rate([[1, 0], [1, 0], [0, 0], [0, 1]], dt=1.0, bin=2.0).tolist()
    [500.0, 250.0]
    """
    events, width, bins, seconds = binning(spikes, dt, bin)
    counts = np.bincount(events.tick // width, minlength=bins)[:bins]
    return counts / (events.size * seconds)


def binned_counts(spikes: Spikes, dt: float, bin: float) -> Int[np.ndarray, "bins neuron"]:
    """Return how many spikes every neuron fires in every bin.

    **Arguments:** `spikes`, 0/1 `[time, neuron]` or `Events`; `dt`, in ms; `bin`, in ms, a whole
    number of ticks. What remains after the last whole bin is left out.

    **Raises:** `NeuropilError` for bins of parts of ticks, or longer than the recording.

    >>> binned_counts([[1, 0], [1, 0], [0, 0], [0, 1]], dt=1.0, bin=2.0).tolist()
    [[2, 0], [0, 1]]
    """
    events, width, bins, _ = binning(spikes, dt, bin)
    return counts_of(trains_of(events), np.arange(events.size), width, bins)


def binning(spikes: Any, dt: Any, bin: Any, least: int = 1) -> tuple[Events, int, int, float]:
    """Return events, the ticks of a bin, how many whole bins there are, and a bin in seconds."""
    events = as_events(spikes)
    width, dt = as_ticks(bin, "bin", dt)
    if events.ticks < least * width:
        longest = events.ticks // least * dt
        fail("bin", f"{width * dt:g} ms for a recording of {events.ticks * dt:g} ms",
             f"at least {least} whole bin{'s' * (least > 1)}",
             f"pass at most {longest:g}, or record for longer")  # fmt: skip
    return events, width, events.ticks // width, width * dt * 1e-3


def counts_of(trains: Trains, chosen: np.ndarray, width: int, bins: int) -> np.ndarray:
    """Return counts `[bins, chosen]` of some neurons."""
    tick, column = trains.of(chosen)
    inside = tick < bins * width
    flat = tick[inside] // width * len(chosen) + column[inside]
    return np.bincount(flat, minlength=bins * len(chosen)).reshape(bins, len(chosen))


class Moments(NamedTuple):
    """Of every neuron: the sum of its counts in bins, and their variance times bins squared.

    Both are whole numbers, so that a count that never changes is told without rounding.
    """

    total: np.ndarray
    spread: np.ndarray


def moments_of(events: Events, width: int, bins: int) -> Moments:
    """Return the moments of counts, at the price of the spikes and not of the bins."""
    inside = events.tick < bins * width
    place = np.sort(events.neuron[inside] * bins + events.tick[inside] // width)
    first = np.flatnonzero(np.diff(place, prepend=-1))
    counts, who = np.diff(first, append=len(place)), place[first] // bins
    total = np.bincount(who, counts, minlength=events.size).astype(np.int64)
    squares = np.bincount(who, counts**2, minlength=events.size).astype(np.int64)
    return Moments(total, bins * squares - total**2)
