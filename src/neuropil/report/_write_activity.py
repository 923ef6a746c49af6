from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from ..numerics import NeuropilError, as_time_step
from ..systems import fail, write_text
from ._draw import require_matplotlib
from ._dynamics import dynamics
from ._page import document
from ._recordings import as_membranes, as_recordings
from ._words import duration, number


def write_activity(
    spikes: Mapping[str, Any],
    dt: float,
    path: str | Path,
    traces: Mapping[str, tuple[Any, Any]] | None = None,
) -> Path:
    """Write a page with what a network did: raster, rates, irregularity, correlations, spectrum.

    **Arguments:** `spikes`, by population, 0/1 `[time, neuron]` or `analysis.Events`; `dt`, in ms;
    `path`, of the page; `traces`, by population, times `[time]` in ms and voltages `[time, neuron]`
    in mV of a few neurons.

    **Returns:** the path of the page, which holds everything it shows.

    **Raises:** `InputError` for anything else, and if matplotlib is missing.
    """
    require_matplotlib()
    recorded, shown = as_recordings(spikes), as_membranes({} if traces is None else traces)
    try:
        dt = as_time_step(dt)
    except NeuropilError:
        fail("dt", repr(dt), "one positive finite number in ms", "pass e.g. dt=0.1")
    if not isinstance(path, str | Path) or not str(path):
        fail("path", repr(path), "the path of a page", "pass e.g. path='activity.html'")
    names = ", ".join(recorded) if len(recorded) < 4 else f"{len(recorded)} populations"
    ticks = max(events.ticks for events in recorded.values())
    neurons = number(sum(events.size for events in recorded.values()))
    length = duration(ticks * dt * 1e-3)
    header = (
        '<p class="kicker">neuropil · activity of a network</p>'
        f"<h1>{escape(names)}</h1>"
        f'<p class="lede">{neurons} neurons for {length} in steps of {dt:g} ms.</p>'
    )
    foot = "Written by neuropil. This page is complete in itself: it can be mailed and kept."
    sections = [("dynamics", "Dynamics", dynamics(recorded, dt, shown))]
    page = document("Activity of a network", header, sections, foot)
    write_text(Path(path), page)
    return Path(path)
