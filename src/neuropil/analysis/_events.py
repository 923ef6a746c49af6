from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Int
from numpy.typing import ArrayLike

from ..numerics import as_count, fail, is_traced

_FIX = "pass what was recorded, e.g. np.asarray(records.kept['spikes'])"


@dataclass(frozen=True, eq=False)
class Events:
    """Spikes as a list of when and who: memory for what happened, not for how long it took.

    Every measure of this room takes this form or an array `[time, neuron]`, with the same result.

    **Arguments:** `tick` and `neuron`, `[spikes]`, integers in any order, kept in order of time;
    `ticks`, how many ticks were recorded; `size`, how many neurons.

    **Raises:** `NeuropilError` for ticks and neurons outside the recording, lists of different
    length, and a neuron with two spikes in one tick.

    >>> events = Events([7, 2], [0, 1], ticks=10, size=3)
    >>> events.tick.tolist(), events.neuron.tolist()
    ([2, 7], [1, 0])
    """

    tick: Int[np.ndarray, " spikes"]
    neuron: Int[np.ndarray, " spikes"]
    ticks: int
    size: int

    def __post_init__(self):
        """Check and sort."""
        ticks, size = as_count(self.ticks, "ticks"), as_count(self.size, "size")
        tick = _as_indices(self.tick, "tick", ticks, "ticks")
        neuron = _as_indices(self.neuron, "neuron", size, "size")
        if tick.shape != neuron.shape:
            fail("neuron", f"{len(neuron)} neurons for {len(tick)} ticks", "one for every spike",
                 "pass two arrays of one length")  # fmt: skip
        place = tick * size + neuron
        if len(place) and not (np.diff(place) > 0).all():
            place = np.sort(place)
            twice = place[:-1][np.diff(place) == 0]
            if len(twice):
                found = "neuron {1} twice in tick {0}".format(*divmod(int(twice[0]), size))
                fail("tick", found, "one spike of a neuron in a tick", "remove the duplicates")
            tick, neuron = np.divmod(place, size)
        for name, value in (("tick", tick), ("neuron", neuron), ("ticks", ticks), ("size", size)):
            object.__setattr__(self, name, value)

    def __len__(self):
        return len(self.tick)


def _as_indices(value: Any, name: str, end: int, of: str) -> np.ndarray:
    expected = f"whole numbers [spikes] from 0 to {of} - 1 = {end - 1}"
    fix = f"pass {name} as counted from 0, or a larger {of}"
    try:
        array = np.asarray(value)
    except Exception:  # of any kind: what it is made of is unknown
        array = np.asarray(None)
    if array.ndim != 1 or not (
        array.dtype.kind in "iu" or (array.dtype == float and not len(array))
    ):
        fail(name, f"{array.dtype} of shape {array.shape}", expected, fix)
    array = array.astype(np.int64)
    wrong = array[(array < 0) | (array >= end)]
    if len(wrong):
        fail(name, f"{wrong[0]}", expected, fix)
    return array


Spikes = ArrayLike | Events
"""0/1 of any type, `[time, neuron]`, or the same as `Events`."""


def as_events(spikes: Any, name: str = "spikes") -> Events:
    """Return spikes of either form as events.

    **Raises:** `NeuropilError` for anything but `Events` and 0/1 arrays `[time, neuron]`.
    """
    if isinstance(spikes, Events):
        return spikes
    expected = "0 and 1, [time, neuron], or Events"
    if is_traced(spikes):
        fail(name, "an array that is being traced", expected, "measure outside of jit and grad")
    try:
        array = np.asarray(spikes)
    except Exception:  # of any kind: what it is made of is unknown
        array = np.asarray(None)
    if array.dtype.kind not in "biuf" and array.dtype.name != "bfloat16":
        fail(name, f"{type(spikes).__name__} of {array.dtype}", expected, _FIX)
    if array.ndim != 2 or not array.size:
        fix = {1: f"pass {name}[:, None] for one neuron", 3: f"pass one sample, {name}[:, 0]"}
        fail(name, f"shape {array.shape}", expected, fix.get(array.ndim, _FIX))
    tick, neuron = np.nonzero(array)
    values = array[tick, neuron]
    if not (values == 1).all():
        fail(name, f"the value {values[values != 1][0]}", expected, f"pass {name} > 0")
    return Events(tick, neuron, *array.shape)


def as_pair(first: Any, second: Any) -> tuple[Events, Events]:
    """Return two recordings of one shape as events.

    **Raises:** `NeuropilError` for anything else.
    """
    one, other = as_events(first, "first"), as_events(second, "second")
    if (one.ticks, one.size) != (other.ticks, other.size):
        found = f"{other.ticks} ticks of {other.size} neurons"
        expected = f"{one.ticks} ticks of {one.size} neurons, as first"
        fail("second", found, expected, "pass recordings of one shape")
    return one, other


def events_of(spikes: Spikes) -> Events:
    """Return spikes as a list of when and who.

    **Arguments:** `spikes`, 0/1 of any type, `[time, neuron]`.

    **Raises:** `NeuropilError` for other shapes and other values.

    >>> events = events_of([[0, 1], [0, 0], [1, 1]])
    >>> events.tick.tolist(), events.neuron.tolist(), events.ticks, events.size
    ([0, 2, 2], [1, 0, 1], 3, 2)
    """
    return as_events(spikes)


def spikes_of(events: Spikes) -> Bool[np.ndarray, "time neuron"]:
    """Return spikes as an array, a byte for every tick of every neuron.

    **Arguments:** `events`, `Events`.

    **Raises:** `NeuropilError` for anything else but what `events_of` takes.

    >>> spikes_of(Events([0, 2], [1, 0], ticks=3, size=2)).astype(int).tolist()
    [[0, 1], [0, 0], [1, 0]]
    """
    events = as_events(events, "events")
    spikes = np.zeros((events.ticks, events.size), bool)
    spikes[events.tick, events.neuron] = True
    return spikes


class Trains(NamedTuple):
    """Ticks of all spikes, neuron by neuron, and where every neuron's begin."""

    tick: np.ndarray
    first: np.ndarray

    def of(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the ticks of some neurons, and the place of each tick's neuron among them."""
        lengths = self.first[chosen + 1] - self.first[chosen]
        before = np.cumsum(lengths) - lengths
        index = np.repeat(self.first[chosen] - before, lengths) + np.arange(lengths.sum())
        return self.tick[index], np.repeat(np.arange(len(chosen)), lengths)


def trains_of(events: Events) -> Trains:
    """Return spikes in order of neurons, and of time for each."""
    counts = np.bincount(events.neuron, minlength=events.size)
    order = np.argsort(events.neuron, kind="stable")
    return Trains(events.tick[order], np.concatenate([[0], np.cumsum(counts)]))
