"""Pictures of activity: spikes of a few inputs through the nodes, and firing rates."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ._draw import ACCENT, PIXEL_COLD, SECOND, SERIES, light_grid, one_sided, svg

SAMPLES_SHOWN, NODES_SHOWN, NEURONS_DRAWN, FEW = 3, 6, 400, 24
Rasters = Mapping[str, Mapping[str, np.ndarray]]


def group(arrays: Mapping[str, np.ndarray], kind: str) -> dict[str, dict[str, np.ndarray]]:
    """Collect arrays named `kind/<first>/<second>` as `{first: {second: array}}`.

    The first name may itself hold slashes.

    >>> group({"weights/in/hidden/after": np.ones(2)}, "weights")
    {'in/hidden': {'after': array([1., 1.])}}
    """
    found: dict[str, dict[str, np.ndarray]] = {}
    for name, array in arrays.items():
        parts = name.split("/")
        if parts[0] == kind and len(parts) >= 3 and array.size:
            found.setdefault("/".join(parts[1:-1]), {})[parts[-1]] = array
    return found


def rasters(samples: Rasters, tick_ms: float | None, classes: Sequence[str] = ()) -> bytes | None:
    """What each node did in time, a column per input and a row per node.

    **Arguments:** `samples`, by sample and node, each `[time, neuron]`; `tick_ms`, the length of
    a tick, for the axis; `classes`, of which a sample's name tells the one it is of.
    """
    names = list(samples)[:SAMPLES_SHOWN]
    nodes = list(dict.fromkeys(node for name in names for node in samples[name]))[:NODES_SHOWN]
    if not nodes:
        return None
    scale, unit = (tick_ms, "ms") if tick_ms else (1.0, "ticks")
    sizes = [max(_flat(samples[n][node]).shape[1] for n in names if node in samples[n])
             for node in nodes]  # fmt: skip
    heights = [_height(size, [_flat(samples[n][node]) for n in names if node in samples[n]])
               for size, node in zip(sizes, nodes, strict=True)]  # fmt: skip

    def paint(figure: Any) -> None:
        grid = figure.subplots(
            len(nodes), len(names), squeeze=False, sharex="col", sharey="row",
            gridspec_kw={"height_ratios": heights},
        )  # fmt: skip
        for column, name in enumerate(names):
            for row, node in enumerate(nodes):
                axes = grid[row][column]
                if node in samples[name]:
                    right = classes.index(name) if name in classes else None
                    activity = _flat(samples[name][node])
                    _paint_activity(axes, activity, scale, right, len(classes))
                else:
                    axes.set_visible(False)
                if row == 0:
                    axes.set_title(name)
                if column == 0:
                    axes.set_ylabel(node)
            grid[-1][column].set_xlabel(f"time ({unit})")
        figure.align_ylabels(grid[:, 0])

    return svg(9.4, min(0.6 + sum(heights), 11.0), paint)


def _height(neurons: int, found: Sequence[np.ndarray]) -> float:
    lines = neurons <= FEW and not all(_binary(activity) for activity in found)
    return 1.5 if lines else 0.7 + 0.5 * min(neurons, 300) / 100


def _binary(activity: np.ndarray) -> bool:
    return bool(np.isin(activity, (0.0, 1.0)).all())


def _flat(activity: np.ndarray) -> np.ndarray:
    whole = activity.reshape(activity.shape[0], -1) if activity.ndim > 1 else activity[..., None]
    whole = np.atleast_2d(whole)
    whole = np.nan_to_num(np.asarray(whole, dtype=np.float32))
    step = -(-whole.shape[1] // NEURONS_DRAWN)
    return whole[:, ::step]


def _paint_activity(
    axes: Any, activity: np.ndarray, scale: float, right: int | None, classes: int
) -> None:
    length, neurons = activity.shape
    if _binary(activity):
        ticks, places = np.nonzero(activity)
        size = float(np.clip(500.0 / max(neurons, 1), 1.8, 16.0))
        axes.scatter(ticks * scale, places, s=size, color=PIXEL_COLD, linewidths=0, rasterized=True)
        axes.set_ylim(-0.8, neurons - 0.2)
    elif neurons <= FEW:
        for neuron in range(neurons):
            chosen = neuron == right and neurons == classes
            axes.plot(
                np.arange(length) * scale, activity[:, neuron],
                color=SECOND if chosen else ACCENT, linewidth=1.6 if chosen else 0.8,
                alpha=1.0 if chosen else 0.45, zorder=3 if chosen else 2,
            )  # fmt: skip
    else:
        axes.imshow(
            activity.T, aspect="auto", origin="lower", cmap=one_sided(),
            extent=(0, length * scale, -0.5, neurons - 0.5),
        )  # fmt: skip
    axes.set_xlim(-0.5 * scale, (length - 0.5) * scale)
    axes.locator_params(axis="y", nbins=4)


def firing_rates(rates: Mapping[str, np.ndarray]) -> bytes | None:
    """Distribution of the mean firing rate over the neurons of each node, in Hz."""
    kept = {name: np.asarray(v, dtype=float).ravel() for name, v in rates.items() if v.size}
    kept = {name: values[np.isfinite(values)] for name, values in kept.items()}
    kept = {name: values for name, values in kept.items() if values.size}
    if not kept:
        return None

    def paint(figure: Any) -> None:
        axes = figure.subplots()
        together = np.concatenate(list(kept.values()))
        edges = np.linspace(min(0.0, together.min()), together.max() or 1.0, 41)
        for place, values in enumerate(reversed(kept.values())):
            colour = SERIES[(len(kept) - 1 - place) % len(SERIES)]
            counts, _ = np.histogram(values, edges)
            hill = place + 0.58 * counts / counts.max()
            axes.stairs(hill, edges, baseline=place, fill=True, color=colour, alpha=0.3)
            many = values.size > 1500
            axes.scatter(
                values, place - 0.15 + _spread(values), s=4 if many else 9, alpha=0.45,
                linewidths=0, color=PIXEL_COLD if many else colour, rasterized=many,
            )  # fmt: skip
            middle = float(np.median(values))
            axes.plot([middle, middle], [place - 0.28, place + 0.62], color=colour, linewidth=1.6)
            silent = int(np.sum(values == 0))
            note = f"median {middle:.3g} Hz" + (f", {silent} silent" if silent else "")
            place_of_note = "left" if middle < edges.mean() else "right"
            axes.annotate(note, (middle, place + 0.65), ha=place_of_note, va="bottom", fontsize=8.5)
        axes.set_yticks(range(len(kept)), list(reversed(kept)))
        axes.set_ylim(-0.4, len(kept) - 0.1)
        axes.set_title("Mean firing rate of each neuron")
        axes.set_xlabel("Hz")
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
        light_grid(axes, "x")

    return svg(5.0, max(2.6, 0.9 + 1.05 * len(kept)), paint)


def _spread(values: np.ndarray) -> np.ndarray:
    """Heights that keep points of a row apart, the same for the same number of points."""
    return 0.22 * ((np.arange(values.size) * 0.618033988749895) % 1.0 - 0.5)
