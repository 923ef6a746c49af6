"""Membrane voltages of a few neurons."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ._draw import light_grid, svg
from ._window import shown_ms

TRACES_SHOWN, POINTS = 8, 1600
Traces = Mapping[str, tuple[np.ndarray, np.ndarray]]


def membranes(traces: Traces, styles: Mapping[str, Mapping[str, str]]) -> bytes | None:
    """A line per neuron, of the whole run or its end.

    **Arguments:** `traces`, by population, of time `[time]` in ms and voltages `[time, neuron]` in
    mV; `styles`, the colours of populations.
    """
    kept = {name: (time, v) for name, (time, v) in traces.items() if np.isfinite(v).any()}
    if not kept:
        return None
    each = max(1, TRACES_SHOWN // len(kept))
    rows = [
        (name if values.shape[1] == 1 else f"{name}\nneuron {index}", name, time, values[:, index])
        for name, (time, values) in list(kept.items())[:TRACES_SHOWN]
        for index in range(min(each, values.shape[1]))
    ]
    end = max(float(time[-1]) for _, _, time, _ in rows)
    begin = min(float(time[0]) for _, _, time, _ in rows)
    start = end - shown_ms(end - begin)

    def paint(figure: Any) -> None:
        grid = figure.subplots(len(rows), 1, squeeze=False, sharex=True)[:, 0]
        for axes, (label, name, time, values) in zip(grid, rows, strict=True):
            colour = styles[name]["color"]
            shown = time >= start
            axes.plot(*_thin(time[shown], values[shown]), color=colour, linewidth=0.9)
            axes.set_ylabel(label, color=colour, fontsize=8, rotation=0,
                            ha="right", va="center")  # fmt: skip
            axes.locator_params(axis="y", nbins=3)
            axes.margins(y=0.1)
            light_grid(axes)
        for axes in grid[:-1]:
            axes.tick_params(axis="x", length=0)
            axes.spines["bottom"].set_visible(False)
        grid[0].set_title("Membrane voltage (mV)")
        grid[-1].set_xlabel("time (ms)")
        grid[-1].set_xlim(start, end)

    return svg(9.4, 0.7 + 0.72 * len(rows), paint)


def _thin(time: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Keep, of every stretch of a long line, its least and its largest value."""
    block = 2 * len(values) // POINTS
    if block < 4:
        return time, values
    whole = len(values) // block * block
    parts = np.nan_to_num(values[:whole].reshape(-1, block))
    ends = np.sort([parts.argmin(axis=1), parts.argmax(axis=1)], axis=0)
    index = (np.arange(len(parts)) * block + ends).T.ravel()
    index = np.unique(np.concatenate([index, np.arange(whole, len(values))]))
    return time[index], values[index]
