"""Distributions over neurons, intervals or pairs, one outline per population."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ._draw import SOFT, light_grid, logarithmic, series, svg

BINS = 50


def histogram(
    values: Mapping[str, np.ndarray],
    title: str,
    label: str,
    *,
    mark: float | None = None,
    grain: float = 0.0,
) -> bytes | None:
    """How values are spread, with the median of each population; nothing where there are none.

    **Arguments:** `values`, by population, of which those that are not finite are left out;
    `title`; `label`, what they are, with the unit; `mark`, a value to compare
    with, dashed; `grain`, of which values are whole multiples, if they are.
    """
    kept = _finite(values)
    if not kept:
        return None
    together = np.concatenate(list(kept.values()))
    reach = [] if mark is None else [mark]
    low = min([np.quantile(together, 0.001), *reach])
    high = max([np.quantile(together, 0.999), *reach])
    margin = 0.06 * (high - low) or 0.1 * abs(low) or 0.5
    edges = np.linspace(low - margin, high + margin, BINS + 1)
    if grain:  # as many multiples in every bin: others would show gaps that mean nothing
        width = grain * np.ceil((edges[1] - edges[0]) / grain)
        edges = np.arange(low - grain / 2 - width, high + 2 * width, width)
    shares = {name: 100 * np.histogram(v, edges)[0] / v.size for name, v in kept.items()}

    def finish(axes: Any) -> None:
        axes.set_title(title)
        axes.set_xlabel(label)
        axes.set_ylabel("share (%)")
        if mark is not None:
            axes.axvline(mark, color=SOFT, linewidth=0.9, linestyle=(0, (4, 3)))

    return _outlines(values, kept, shares, edges, finish)


def interval_histogram(values: Mapping[str, np.ndarray], dt: float) -> bytes | None:
    """How intervals are spread over octaves, with the median of each population.

    **Arguments:** `values`, by population, in ms, whole numbers of ticks of `dt`.
    """
    kept = _finite(values)
    if not kept:
        return None
    together = np.concatenate(list(kept.values())) / dt
    # Bins of whole ticks: narrower ones would show gaps that mean nothing.
    ends = np.geomspace(together.min() / 1.2, together.max() * 1.2, BINS + 1)
    edges = np.unique(np.floor(ends) + 0.5) * dt
    octaves = np.diff(np.log2(edges))
    shares = {n: 100 * np.histogram(v, edges)[0] / v.size / octaves for n, v in kept.items()}

    def finish(axes: Any) -> None:
        axes.set_title("Times between spikes")
        axes.set_xlabel("interval (ms)")
        axes.set_ylabel("share per octave (%)")
        axes.set_xscale("log")
        logarithmic(axes.xaxis, np.log10(edges[-1] / edges[0]))

    return _outlines(values, kept, shares, edges, finish)


def _finite(values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    kept = {name: np.asarray(v, dtype=float).ravel() for name, v in values.items()}
    kept = {name: v[np.isfinite(v)] for name, v in kept.items()}
    return {name: v for name, v in kept.items() if v.size}


def _outlines(
    values: Mapping[str, np.ndarray], kept: Mapping[str, np.ndarray],
    shares: Mapping[str, np.ndarray], edges: np.ndarray, finish: Callable[[Any], None],
) -> bytes:  # fmt: skip
    styles = series(values)

    def paint(figure: Any) -> None:
        axes = figure.subplots()
        for index, (name, share) in enumerate(shares.items()):
            if len(shares) <= 3:
                colour = styles[name]["color"]
                axes.stairs(share, edges, fill=True, color=colour, alpha=0.22)
            told = f"{name}, median {np.median(kept[name]):.3g}"
            axes.stairs(share, edges, linewidth=1.3, label=told, zorder=3 + index, **styles[name])
        axes.set_xlim(edges[0], edges[-1])
        highest = max(share.max() for share in shares.values())
        rows = -(-len(shares) // (1 + (len(shares) > 4)))
        axes.set_ylim(0, (1.12 + 0.11 * rows) * highest)
        finish(axes)
        light_grid(axes)
        axes.legend(
            labelcolor="linecolor", handlelength=1.2, loc="upper right",
            ncols=1 if rows == len(shares) else 2, fontsize=8.5 if rows == len(shares) else 7,
        )  # fmt: skip

    return svg(5.0, 3.0, paint)
