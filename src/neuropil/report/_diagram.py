"""Measures over two parameters, as maps."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ._activity import group
from ._draw import INK, one_sided, svg

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
    axes_of = group(arrays, "diagram")
    if not maps or not {"up", "across"} <= set(axes_of):
        return None
    (up_name, ups), (across_name, acrosses) = (
        next(iter(axes_of[axis].items())) for axis in ("up", "across")
    )

    def paint(figure: Any) -> None:
        places = figure.subplots(1, len(maps), squeeze=False)[0]
        for axes, (name, values) in zip(places, maps.items(), strict=True):
            most = np.nanmax(values) if np.isfinite(values).any() else 1.0
            axes.imshow(values, cmap=one_sided(), origin="lower", vmin=0, vmax=1.25 * most)
            for row, column in np.argwhere(np.isfinite(values)):
                axes.text(column, row, f"{values[row, column]:.2g}" if values[row, column] < 10
                          else f"{values[row, column]:.0f}", ha="center", va="center",
                          fontsize=7, color=INK)  # fmt: skip
            axes.set_xticks(range(len(acrosses)), [f"{value:g}" for value in acrosses])
            axes.set_yticks(range(len(ups)), [f"{value:g}" for value in ups])
            axes.tick_params(length=0)
            axes.set_title(TITLES[name])
            axes.set_xlabel(across_name)
        figure.axes[0].set_ylabel(up_name)

    return svg(9.4, 2.9, paint)
