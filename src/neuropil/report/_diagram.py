"""Measures over two parameters, as maps."""

from collections.abc import Mapping
from typing import Any

import numpy as np

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
    `diagram/up` and `diagram/across`.
    """
    maps = {name: arrays[f"diagram/{name}"] for name in TITLES if f"diagram/{name}" in arrays}
    if not maps or not {"diagram/up", "diagram/across"} <= set(arrays):
        return None
    up, across = arrays["diagram/up"], arrays["diagram/across"]

    def paint(figure: Any) -> None:
        places = figure.subplots(1, len(maps), squeeze=False)[0]
        for axes, (name, values) in zip(places, maps.items(), strict=True):
            most = np.nanmax(values) if np.isfinite(values).any() else 1.0
            axes.imshow(values, cmap=one_sided(), origin="lower", vmin=0, vmax=1.25 * most)
            for row, column in np.argwhere(np.isfinite(values)):
                axes.text(column, row, f"{values[row, column]:.2g}" if values[row, column] < 10
                          else f"{values[row, column]:.0f}", ha="center", va="center",
                          fontsize=7, color=INK)  # fmt: skip
            axes.set_xticks(range(len(across)), [f"{value:g}" for value in across])
            axes.set_yticks(range(len(up)), [f"{value:g}" for value in up])
            axes.tick_params(length=0)
            axes.set_title(TITLES[name])
            axes.set_xlabel("inhibition g")
        figure.axes[0].set_ylabel("external drive")

    return svg(9.4, 2.9, paint)
