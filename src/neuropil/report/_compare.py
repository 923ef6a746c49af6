"""Runs side by side: what differed, what came out, and how they learnt."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from ..systems import as_declared, fail, write_text
from ._curves import curve
from ._draw import SERIES, light_grid, require_matplotlib, svg
from ._page import document, picture, section, table
from ._stored import Stored, read_run, setup
from ._words import shown, spoken

_CURVES = (
    ("Validation loss", ("validation", "loss"), 1.0),
    ("Validation accuracy (%)", ("validation", "accuracy"), 100.0),
    ("Train loss", ("train", "loss"), 1.0),
    ("Train accuracy (%)", ("train", "accuracy"), 100.0),
)


def compare_runs(runs: Sequence[str | Path]) -> dict[str, Any]:
    """Collect what differs between runs.

    **Arguments:** `runs`, folders of at least two runs.

    **Returns:** `runs`, their names; `asked`, what was asked for and how it was set up;
    `metrics` and `claims`, what came out; each a mapping from a name to one value per run, None
    where a run has none.

    **Raises:** `InputError` for fewer than two runs, for a folder without a run, and for a
    damaged one.
    """
    return _collect(_read(runs))


def _read(runs: Sequence[str | Path]) -> list[Stored]:
    if isinstance(runs, str) or not isinstance(runs, Sequence) or len(runs) < 2:
        fail("RUN", runs, "folders of at least two runs", "name the folders to compare")
    return [read_run(run) for run in runs]


def _collect(stored: Sequence[Stored]) -> dict[str, Any]:
    asked = [
        {key: run.config[key] for key in ("system", "data", "seed", "quick")} | setup(run)
        for run in stored
    ]
    came_out = [
        dict(run.summary.get("metrics", {}))
        | {key: run.summary[key] for key in ("wall_s", "peak_memory_mb") if key in run.summary}
        for run in stored
    ]
    claims = [
        {row["claim"]: as_declared(row) for row in run.summary.get("claims", [])} for run in stored
    ]
    return {
        "runs": _names([run.folder.path for run in stored]),
        "asked": _columns(asked),
        "metrics": _columns(came_out),
        "claims": _columns(claims),
    }


def write_comparison(runs: Sequence[str | Path], path: str | Path) -> Path:
    """Write a page with the table of `compare_runs` and the learning curves overlaid.

    **Raises:** `InputError` as `compare_runs`, and if matplotlib is missing.
    """
    require_matplotlib()
    stored = _read(runs)
    found = _collect(stored)
    names = found["runs"]
    keys = "".join(_key(name, index) for index, name in enumerate(names))
    header = (
        '<p class="kicker">neuropil · comparison</p>'
        f"<h1>{len(names)} runs side by side</h1>"
        f'<dl class="facts">{keys}</dl>'
    )
    drawn = _overlay([run.log for run in stored], names)
    caption = (
        "<b>Learning curves, overlaid.</b> One colour per run, the same in every panel. Runs that "
        "differ only by their seed show how much of a difference is chance."
    )
    alt = "Learning curves of " + ", ".join(names)
    sections = [
        ("curves", "Learning", section("curves", "How they learnt", "",
                                       picture(drawn, alt, caption) if drawn else "")),
        ("out", "Results", section("out", "What came out", "", _rows(found, "metrics"),
                                   _rows(found, "claims"))),
        ("asked", "Settings", section("asked", "What was asked for",
                                      "Settings that differ are set off.", _asked(found))),
    ]  # fmt: skip
    foot = "Written by neuropil. This page is complete in itself."
    target = Path(path)
    write_text(target, document("Runs side by side", header, sections, foot))
    return target


def _names(paths: Sequence[Path]) -> list[str]:
    """The folders' own names, or whole paths where those are not enough."""
    short = [path.resolve().name for path in paths]
    return short if len(set(short)) == len(short) else [str(path) for path in paths]


def _columns(mappings: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    keys = dict.fromkeys(key for mapping in mappings for key in mapping)
    return {key: [mapping.get(key) for mapping in mappings] for key in keys}


def _key(name: str, index: int) -> str:
    colour = ("accent", "second", "third", "fourth")[index % 4]
    mark = f'<span class="key" style="background:var(--{colour})"></span>'
    return f"<div><dd>{mark}{escape(name)}</dd></div>"


def _rows(found: dict[str, Any], kind: str) -> str:
    rows = [
        (spoken(key), *(_cell(key, value, kind) for value in values))
        for key, values in found[kind].items()
    ]
    return table((kind[:-1], *found["runs"]), rows, numbers=len(found["runs"]))


def _cell(key: str, value: Any, kind: str) -> str:
    if value is None:
        return "–"
    if kind == "claims":
        return "as declared" if value else "fails"
    return shown(key, value)


def _asked(found: dict[str, Any]) -> str:
    rows = [
        (key, *("–" if value is None else shown("", value) for value in values))
        for key, values in found["asked"].items()
    ]
    return table(("setting", *found["runs"]), rows, marked=lambda row: len(set(row[1:])) > 1)


def _overlay(logs: Sequence[list], names: Sequence[str]) -> bytes | None:
    panels = [
        (title, [curve(log, *keys) for log in logs], factor) for title, keys, factor in _CURVES
    ]
    panels = [panel for panel in panels if any(values for _, values in panel[1])]
    if not panels:
        return None
    rows = -(-len(panels) // 2)

    def paint(canvas: Any) -> None:
        grid = canvas.subplots(rows, min(2, len(panels)), squeeze=False).ravel()
        for axes, (title, lines, factor) in zip(grid, panels, strict=False):
            for index, (epochs, values) in enumerate(lines):
                style = ("-", "--", ":", "-.")[index // len(SERIES) % 4]
                scaled = [factor * value for value in values]
                axes.plot(epochs, scaled, style, color=SERIES[index % 4], label=names[index])
            found = [value for _, values in lines for value in values]
            if "loss" in title and min(found) > 0 and max(found) > 20 * min(found):
                axes.set_yscale("log")
            axes.set_title(title)
            axes.set_xlabel("epoch")
            axes.xaxis.get_major_locator().set_params(integer=True)
            light_grid(axes)
        for axes in grid[len(panels) :]:
            axes.set_visible(False)
        grid[0].legend(labelcolor="linecolor", handlelength=1.4)

    return svg(9.4, 2.75 * rows, paint)
