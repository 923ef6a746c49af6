"""How one quantity depends on another: curves and points that a system names in its outcome."""

from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np

from ._activity import group
from ._draw import light_grid, series, svg
from ._page import picture, section

OVER, FEW_POINTS, LINES_SHOWN = " over ", 30, 24


def relations(arrays: Mapping[str, np.ndarray]) -> str:
    """The section of a page, empty without `curves/<y> over <x>/<line>` and `points/...`."""
    parts = [
        _picture(name, lines, draw)
        for kind, draw in (("curves", _curves), ("points", _points))
        for name, lines in group(arrays, kind).items()
    ]
    return section("found", "What was measured", "", *parts)


def _picture(name: str, lines: Mapping[str, np.ndarray], draw: Any) -> str:
    shown = {k: v for k, v in list(lines.items())[:LINES_SHOWN] if _drawable(v)}
    if not shown:
        return ""
    caption = f"<b>{escape(name)}.</b>"
    if any(len(line) == 3 for line in shown.values()):
        caption += " Bars: one standard error to either side."
    return picture(draw(name, shown), f"{name}: {', '.join(shown)}", caption)


def _drawable(line: np.ndarray) -> bool:
    return line.ndim == 2 and len(line) in (2, 3) and bool(np.isfinite(line[:2]).any())


def _points(name: str, groups: Mapping[str, np.ndarray]) -> bytes:
    y, _, x = name.partition(OVER)
    styles = series(groups)

    def paint(figure: Any) -> None:
        axes = figure.subplots()
        for label, points in groups.items():
            colour = styles[label]["color"]
            axes.scatter(points[0], points[1], s=10, alpha=0.6, color=colour, label=label)
        axes.set_xlabel(x)
        axes.set_title(y)
        light_grid(axes)
        if len(groups) > 1:
            axes.legend()

    return svg(7.0, 3.6, paint)


def _curves(name: str, lines: Mapping[str, np.ndarray]) -> bytes:
    y, _, x = name.partition(OVER)
    many = len(lines) > 8
    styles = series(lines)

    def paint(figure: Any) -> None:
        axes = figure.subplots()
        for label, line in lines.items():
            few = line.shape[1] <= FEW_POINTS
            style = {**styles[label], "label": label, "marker": "o" if few else "", "markersize": 4}
            if many:
                style |= {"alpha": 0.6, "linewidth": 1.0, "label": "_"}
            if len(line) == 3:
                axes.errorbar(line[0], line[1], line[2], capsize=2, **style)
            else:
                axes.plot(line[0], line[1], **style)
        axes.set_xlabel(x)
        axes.set_title(y)
        light_grid(axes)
        if len(lines) > 1 and not many:
            axes.legend()

    return svg(7.0, 3.0, paint)
