"""What was recorded of a network, from the hands of a user or from a run folder, and checked."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..analysis import Events, events_of
from ..numerics import NeuropilError
from ..systems import fail
from ._activity import group
from ._traces import Traces

_FIX = "run the system again, or tell its author"


def as_recordings(spikes: Any) -> dict[str, Events]:
    """Return spikes by population as events.

    **Raises:** `InputError` for anything else.
    """
    fix = "pass e.g. spikes={'exc': records.kept['spikes']}"
    if not isinstance(spikes, Mapping) or not spikes:
        fail("spikes", repr(spikes), "spikes by population", fix)
    found = {}
    for name, recorded in spikes.items():
        if not isinstance(name, str) or not name:
            fail("spikes", f"{name!r} as the name of a population", "text", fix)
        try:
            found[name] = events_of(recorded)
        except NeuropilError as error:
            _pass_on(error, f"spikes[{name!r}]")
    _of_one_run(found, "spikes")
    return found


def as_membranes(traces: Any) -> Traces:
    """Return times and voltages by population.

    **Raises:** `InputError` for anything else.
    """
    expected = "(times [time], voltages [time, neuron]) by population"
    fix = "pass e.g. traces={'exc': (0.1 * np.arange(len(v)), v)}"
    if not isinstance(traces, Mapping):
        fail("traces", repr(traces), expected, fix)
    found = {}
    for name, pair in traces.items():
        if not isinstance(name, str) or not isinstance(pair, tuple | list) or len(pair) != 2:
            fail("traces", f"{name!r}: {type(pair).__name__}", expected, fix)
        try:
            time, values = (np.asarray(part, dtype=float) for part in pair)
        except (TypeError, ValueError):
            fail("traces", f"{name!r}: no numbers", expected, fix)
        if time.ndim != 1 or values.ndim != 2 or len(time) != len(values) or not values.size:
            fail("traces", f"{name!r}: shapes {time.shape} and {values.shape}", expected, fix)
        if not (np.diff(time) > 0).all():
            fail("traces", f"{name!r}: times that do not rise", expected, fix)
        found[name] = time, values
    return found


def stored_recordings(arrays: Mapping[str, np.ndarray]) -> dict[str, Events]:
    """Return what is stored as `spikes/<population>/events` and `.../shape`.

    **Raises:** `InputError` for a population whose arrays do not fit.
    """
    found = {}
    for name, parts in group(arrays, "spikes").items():
        place = f"arrays.safetensors, spikes/{name}"
        shape = parts.get("shape", np.zeros(0))
        if shape.shape != (2,):
            fail(place, f"a shape {shape.tolist()}", "the shape (ticks, neurons)", _FIX)
        events = parts.get("events", np.zeros((2, 0), int))
        if events.ndim != 2 or len(events) != 2:
            fail(place, f"events of shape {events.shape}", "[2, spikes]: ticks, neurons", _FIX)
        try:
            found[name] = Events(*events, *shape.tolist())
        except NeuropilError as error:
            _pass_on(error, place)
    _of_one_run(found, "arrays.safetensors, spikes")
    return found


def stored_membranes(arrays: Mapping[str, np.ndarray]) -> Traces:
    """Return what is stored as `traces/<population>/time` and `.../values`.

    **Raises:** `InputError` for a population whose arrays do not fit.
    """
    found = {}
    for name, parts in group(arrays, "traces").items():
        if not {"time", "values"} <= set(parts):
            missing = f"{', '.join(parts)} alone"
            fail(f"arrays.safetensors, traces/{name}", missing, "time and values", _FIX)
        found[name] = parts["time"], parts["values"]
    return as_membranes(found)


def _of_one_run(spikes: Mapping[str, Events], place: str) -> None:
    if len({events.ticks for events in spikes.values()}) > 1:
        told = ", ".join(f"{name} of {events.ticks} ticks" for name, events in spikes.items())
        fail(place, told, "populations recorded for as long", "keep recordings of one run")


def _pass_on(error: NeuropilError, place: str) -> None:
    """Raise what a measure refused as an error of the file or argument that it came from."""
    got, _, rest = str(error).partition("; expected ")
    expected, _, fix = rest.partition(".\nFix: ")
    argument, _, got = got.partition(": got ")
    fail(place, got if argument == "spikes" else f"{argument} {got}", expected, fix.rstrip("."))
