"""Learning curves from the log of a training."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ._draw import ACCENT, SECOND, SERIES, SOFT, light_grid, svg
from ._stored import is_number
from ._words import spoken

Log = Sequence[Mapping[str, Any]]
_NOT_SCHEDULES = {"epoch", "step", "seconds", "loss", "accuracy", "wall_s"}


def curve(log: Log, *path: str) -> tuple[list[float], list[float]]:
    """Epochs and values of one logged quantity, where it was logged and is finite.

    **Arguments:** `log`, entries of epochs; `path`, keys, e.g. `"validation", "loss"`.

    >>> curve([{"epoch": 1, "train": {"loss": 2.0}}, {"epoch": 2}], "train", "loss")
    ([1], [2.0])
    """
    epochs, values = [], []
    for position, entry in enumerate(log):
        value: Any = entry
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        if is_number(value):
            epochs.append(entry.get("epoch", position + 1))
            values.append(value)
    return epochs, values


def learning_curves(log: Log) -> bytes | None:
    """Loss, accuracy, firing rates and schedules over epochs, as far as they were logged."""
    panels = [
        panel
        for panel in (_loss(log), _accuracy(log), _rates(log), _schedules(log))
        if any(values for _, (_, values) in panel[1])
    ]
    if not panels:
        return None
    columns = 2 if len(panels) in (2, 4) else len(panels)
    rows = math.ceil(len(panels) / columns)

    def paint(figure: Any) -> None:
        grid = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes, (title, lines, scale) in zip(grid, panels, strict=False):
            _paint_panel(axes, title, lines, scale)
        for axes in grid[len(panels) :]:
            axes.set_visible(False)

    return svg(9.4, 2.75 * rows, paint)


def _paint_panel(axes: Any, title: str, lines: Sequence, scale: str) -> None:
    colours = (SECOND, ACCENT) if len(lines) == 2 else SERIES
    for index, (label, (epochs, values)) in enumerate(lines):
        if values:
            dot = "o" if len(values) == 1 else None
            colour = colours[index % len(colours)]
            style = "-" if index < len(colours) else "--"
            axes.plot(epochs, values, style, color=colour, label=label, marker=dot)
    axes.set_title(title)
    axes.set_xlabel("epoch")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_yscale(scale)
    axes.margins(x=0.02)
    light_grid(axes)
    if len(lines) > 1:
        axes.legend(ncols=1 if len(lines) < 5 else 2, labelcolor="linecolor", handlelength=1.4)


def _loss(log: Log) -> tuple:
    lines = [(name, curve(log, name, "loss")) for name in ("train", "validation")]
    values = [value for _, (_, values) in lines for value in values]
    wide = bool(values) and min(values) > 0 and max(values) > 20 * min(values)
    return "Loss", lines, "log" if wide else "linear"


def _accuracy(log: Log) -> tuple:
    lines = []
    for name in ("train", "validation"):
        epochs, values = curve(log, name, "accuracy")
        lines.append((name, (epochs, [100 * value for value in values])))
    return "Accuracy (%)", lines, "linear"


def _rates(log: Log) -> tuple:
    names = {name for entry in log for name in _mapping(entry.get("rates"))}
    ordered = sorted(names, key=lambda name: _first_seen(log, name))
    title = "Firing rate (spikes per tick)"
    if len(ordered) == 1:
        title = f"Spikes per tick, {ordered[0]}"
    return (
        title,
        [(name, curve(log, "rates", name)) for name in ordered[:8]],
        "linear",
    )


def _schedules(log: Log) -> tuple:
    """What was logged as a plain number, and learning rates, one by one if there are several."""
    plain = {name for entry in log for name, value in entry.items() if is_number(value)}
    groups = {name for entry in log for name in _mapping(entry.get("learning_rate"))}
    lines = [
        *((f"learning rate, {name}", curve(log, "learning_rate", name)) for name in sorted(groups)),
        *((spoken(name), curve(log, name)) for name in sorted(plain - _NOT_SCHEDULES)),
    ][:4]
    positive = all(value > 0 for _, (_, values) in lines for value in values)
    return "Schedules", lines, "log" if positive else "linear"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _first_seen(log: Log, name: str) -> int:
    for entry in log:
        names = list(_mapping(entry.get("rates")))
        if name in names:
            return names.index(name)
    return 0


def epoch_times(log: Log) -> bytes | None:
    """Seconds of each epoch; the first one holds the compilation."""
    epochs, seconds = curve(log, "seconds")
    if len(seconds) < 2:
        return None

    def paint(figure: Any) -> None:
        axes = figure.subplots()
        axes.bar(epochs, seconds, color=ACCENT, alpha=0.55, width=0.8)
        middle = sorted(seconds)[len(seconds) // 2]
        axes.set_title(f"Seconds per epoch, median {middle:.2g}")
        axes.margins(x=0.01)
        axes.set_xlabel("epoch")
        axes.xaxis.get_major_locator().set_params(integer=True)
        light_grid(axes)
        axes.axhline(middle, color=SOFT, linewidth=0.9, linestyle=(0, (4, 3)))

    return svg(9.4, 2.0, paint)
