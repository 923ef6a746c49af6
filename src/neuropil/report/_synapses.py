"""Pictures of weights and delays, before and after training."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ._draw import ACCENT, SOFT, light_grid, one_sided, svg, two_sided

PROJECTIONS_SHOWN, MAP_PIXELS = 6, 256


def synapses(title: str, before_after: Mapping[str, np.ndarray], quantity: str) -> bytes | None:
    """Histogram before and after, and maps of the same, for one projection.

    **Arguments:** `title`, the projection; `before_after`, arrays named `before` and `after` (one
    will do); `quantity`, `"weight"` or `"delay (ticks)"`.
    """
    arrays = {
        when: np.asarray(before_after[when], dtype=np.float32)
        for when in ("before", "after")
        if when in before_after and np.isfinite(before_after[when]).any()
    }
    if not arrays:
        return None
    maps = {when: as_map(array) for when, array in arrays.items() if array.ndim >= 2}
    signed = any((array < 0).any() for array in arrays.values())
    limits = _limits(list(arrays.values()), signed)
    panels = [(when, maps[when], limits, signed) for when in maps]
    if len(maps) == 2 and arrays["before"].shape == arrays["after"].shape:
        change = arrays["after"] - arrays["before"]
        panels.append(("change", as_map(change), _limits([change], True), True))

    def paint(figure: Any) -> None:
        widths = [1.25] + [1.0] * len(panels)
        grid = figure.subplots(1, 1 + len(panels), squeeze=False, width_ratios=widths)[0]
        _paint_histogram(grid[0], arrays, quantity)
        grid[0].set_title(title.replace("->", "→"))
        for index, (axes, panel) in enumerate(zip(grid[1:], panels, strict=True)):
            _paint_map(figure, axes, arrays["after" if "after" in arrays else "before"], *panel)
            if index == 0:
                axes.set_ylabel("source")

    return svg(9.4, 2.9, paint)


def _paint_map(
    figure: Any, axes: Any, array: np.ndarray, when: str, picture: np.ndarray,
    limits: tuple[float, float], signed: bool,
) -> None:  # fmt: skip
    shown = axes.imshow(
        picture, aspect="auto", interpolation="none", vmin=limits[0], vmax=limits[1],
        cmap=two_sided() if signed else one_sided(), extent=_extent(array),
    )  # fmt: skip
    axes.set_title(when)
    axes.set_xlabel("target")
    axes.locator_params(nbins=4, integer=True)
    bar = figure.colorbar(shown, ax=axes, location="bottom", pad=0.03, aspect=24, shrink=0.9)
    bar.outline.set_visible(False)
    bar.ax.locator_params(nbins=5)
    bar.ax.tick_params(length=2, labelsize=7.5)


def as_map(array: np.ndarray) -> np.ndarray:
    """An array as a matrix of at most a few hundred rows and columns.

    Too large a matrix is thinned by keeping, of each block, the entry of largest magnitude, so
    that lone strong synapses stay visible.
    """
    matrix = np.nan_to_num(array).reshape(array.shape[0], -1)
    for axis in (0, 1):
        size = matrix.shape[axis]
        block = -(-size // MAP_PIXELS)
        if block > 1:
            padding = [(0, 0), (0, 0)]
            padding[axis] = (0, -size % block)
            matrix = np.pad(matrix, padding)
            shape = list(matrix.shape)
            shape[axis : axis + 1] = [matrix.shape[axis] // block, block]
            blocks = matrix.reshape(shape)
            largest = np.abs(blocks).argmax(axis=axis + 1, keepdims=True)
            matrix = np.take_along_axis(blocks, largest, axis=axis + 1).squeeze(axis + 1)
    return matrix


def _extent(array: np.ndarray) -> tuple[float, float, float, float]:
    rows, columns = array.shape[0], int(np.prod(array.shape[1:]))
    return (-0.5, columns - 0.5, rows - 0.5, -0.5)


def _limits(arrays: list[np.ndarray], signed: bool) -> tuple[float, float]:
    values = np.concatenate([array[np.isfinite(array)].ravel() for array in arrays])
    if signed:
        reach = float(np.quantile(np.abs(values), 0.98)) or 1.0
        return -reach, reach
    return 0.0, float(values.max()) or 1.0


def _paint_histogram(axes: Any, arrays: Mapping[str, np.ndarray], quantity: str) -> None:
    values = {when: array[np.isfinite(array)].ravel() for when, array in arrays.items()}
    together = np.concatenate(list(values.values()))
    low, high = float(together.min()), float(together.max())
    if low == high:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, 1 + int(np.clip(2 * np.sqrt(together.size / 2), 8, 50)))
    # Delays are lags of whole ticks; bins between them would show gaps that mean nothing.
    if quantity.startswith("delay") and high - low <= 200:
        edges = np.arange(np.floor(low + 0.5) - 0.5, high + 1.0)
    highest = 1
    for when, colour, filled in (("before", SOFT, False), ("after", ACCENT, True)):
        if when not in values:
            continue
        counts, _ = np.histogram(values[when], edges)
        highest = max(highest, counts.max())
        if filled:
            axes.stairs(counts, edges, fill=True, color=colour, alpha=0.35)
        axes.stairs(counts, edges, color=colour, linewidth=1.3, label=when)
    axes.set_xlabel(quantity)
    axes.set_ylabel("synapses")
    axes.margins(x=0.01)
    axes.set_ylim(0, 1.22 * highest)
    axes.yaxis.get_major_locator().set_params(integer=True)
    light_grid(axes)
    if len(values) > 1:
        axes.legend(labelcolor="linecolor", handlelength=1.2, ncols=2, loc="upper left")
