"""Maps: values on a grid, such as kernels, weights or a matrix of correlations."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from ._activity import group
from ._draw import LINE, one_sided, svg, two_sided
from ._page import picture, section

MAPS_SHOWN, WIDTH, IN_A_ROW = 48, 7.0, 8


def maps(arrays: Mapping[str, np.ndarray]) -> str:
    """The section of a page, empty without `maps/<title>/<name>` `[row, column]`.

    Names such as `class 1, 3 ms` put what is before the comma into one row.
    """
    parts = [_picture(title, named) for title, named in group(arrays, "maps").items()]
    return section("maps", "What is where", "", *parts)


def _picture(title: str, named: Mapping[str, np.ndarray]) -> str:
    shown = {k: v for k, v in list(named.items())[:MAPS_SHOWN] if _drawable(v)}
    if not shown:
        return ""
    least, most = (f([f(v[np.isfinite(v)]) for v in shown.values()]) for f in (np.min, np.max))
    scale = f"from {least:.3g} (cold) to {most:.3g} (warm)" if least < 0 else f"up to {most:.3g}"
    caption = f"<b>{escape(title)}.</b> One scale for all of this title, {scale}."
    drawn = _draw(shown, float(least), float(most))
    return picture(drawn, f"{title}: {', '.join(shown)}", caption, half=len(shown) == 1)


def _drawable(grid: np.ndarray) -> bool:
    return grid.ndim == 2 and grid.size > 0 and bool(np.isfinite(grid).any())


def _in_a_row(names: Sequence[str]) -> int:
    """As many maps in a row as have the same name before the comma, where that tells rows."""
    groups = Counter(name.partition(", ")[0] for name in names)
    sizes = set(groups.values())
    size = sizes.pop() if len(sizes) == 1 and len(groups) > 1 else 1
    return size if 1 < size <= IN_A_ROW else min(len(names), IN_A_ROW)


def _draw(shown: Mapping[str, np.ndarray], least: float, most: float) -> bytes:
    across = _in_a_row(list(shown))
    down = math.ceil(len(shown) / across)
    rows, columns = next(iter(shown.values())).shape
    side = min(WIDTH / across, 1.8 if len(shown) > IN_A_ROW else 3.6)
    height = side * min(max(rows / columns, 0.3), 1.6) + 0.3
    limit = max(abs(least), abs(most)) or 1.0
    look = (
        {"cmap": two_sided(), "vmin": -limit, "vmax": limit}
        if least < 0
        else {"cmap": one_sided(), "vmin": 0.0, "vmax": limit}
    )

    def paint(figure: Any) -> None:
        grid = figure.subplots(down, across, squeeze=False).ravel()
        for axes in grid[len(shown) :]:
            axes.set_visible(False)
        for axes, (name, values) in zip(grid, shown.items(), strict=False):
            axes.imshow(values, aspect="auto", interpolation="nearest", **look)
            axes.set_title(name, fontsize=9.5 if across < 5 else 7.5)
            axes.set_xticks([])
            axes.set_yticks([])
            for spine in axes.spines.values():
                spine.set_color(LINE)
                spine.set_visible(True)

    return svg(side * across, height * down, paint)
