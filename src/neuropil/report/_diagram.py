"""Regimes and measures over two parameters, as maps."""

from collections.abc import Mapping
from itertools import cycle
from typing import Any

import numpy as np

from ._activity import group
from ._draw import INK, SERIES, one_sided, svg

TITLES = {
    "rate": "Rate (Hz)",
    "cv": "CV of intervals",
    "modulation": "Modulation of the rate",
    "rhythm": "Rhythm (Hz)",
}


def diagram(arrays: Mapping[str, np.ndarray]) -> bytes | None:
    """A map of each measure, with its figures; nothing where none was stored.

    **Arguments:** `arrays`, `diagram/<measure>` `[up, across]` and the values of both parameters,
    `diagram/up/<name>` and `diagram/across/<name>`.
    """
    maps = {name: arrays[f"diagram/{name}"] for name in TITLES if f"diagram/{name}" in arrays}
    ends = _ends(arrays)
    if not maps or ends is None:
        return None

    def paint(figure: Any) -> None:
        places = figure.subplots(1, len(maps), squeeze=False)[0]
        for axes, (name, values) in zip(places, maps.items(), strict=True):
            most = np.nanmax(values) if np.isfinite(values).any() else 1.0
            axes.imshow(values, cmap=one_sided(), origin="lower", vmin=0, vmax=1.25 * most)
            for row, column in np.argwhere(np.isfinite(values)):
                axes.text(column, row, f"{values[row, column]:.2g}" if values[row, column] < 10
                          else f"{values[row, column]:.0f}", ha="center", va="center",
                          fontsize=7, color=INK)  # fmt: skip
            _label(axes, *ends)
            axes.set_title(TITLES[name])
        figure.axes[0].set_ylabel(ends[0][0])

    return svg(9.4, 2.9, paint)


def regimes(arrays: Mapping[str, np.ndarray]) -> bytes | None:
    """A map of the regimes by name; nothing where none was stored.

    **Arguments:** `arrays`, `diagram/is/<regime>` `[up, across]`, true where it is, and both
    parameters, as for :func:`diagram`.
    """
    found, ends = group(arrays, "diagram").get("is"), _ends(arrays)
    if not found or ends is None:
        return None

    def paint(figure: Any) -> None:
        from matplotlib.patches import Rectangle

        axes = figure.subplots()
        for colour, (name, is_there) in zip(cycle(SERIES), found.items(), strict=False):
            for row, column in np.argwhere(is_there):
                corner = column - 0.49, row - 0.49
                axes.add_patch(Rectangle(corner, 0.98, 0.98, facecolor=colour, alpha=0.3))
                axes.text(column, row, name, ha="center", va="center", color=INK)
        (up_name, ups), (_, acrosses) = ends
        axes.set_xlim(-0.5, len(acrosses) - 0.5)
        axes.set_ylim(-0.5, len(ups) - 0.5)
        axes.set_ylabel(up_name)
        _label(axes, *ends)
        axes.spines[:].set_visible(False)

    return svg(9.4, 3.4, paint)


def _ends(arrays):
    """Return name and values of the parameter that goes up and of that across, None for none."""
    axes_of = group(arrays, "diagram")
    if not {"up", "across"} <= set(axes_of):
        return None
    return [next(iter(axes_of[axis].items())) for axis in ("up", "across")]


def _label(axes, up, across):
    axes.set_xticks(range(len(across[1])), [f"{value:g}" for value in across[1]])
    axes.set_yticks(range(len(up[1])), [f"{value:g}" for value in up[1]])
    axes.tick_params(length=0)
    axes.set_xlabel(across[0])
