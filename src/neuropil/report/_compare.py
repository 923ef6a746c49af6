"""Runs side by side: what differed, what came out, and how they learnt."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from ..systems import as_declared, fail, open_folder, read_json, read_log, write_text
from ._curves import curve
from ._draw import SERIES, light_grid, require_matplotlib, svg
from ._page import document, picture, section, table
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

    **Returns:** `runs`, their names; `asked`, what was asked for; `metrics` and `claims`, what
    came out; each a mapping from a name to one value per run, None where a run has none.

    **Raises:** `InputError` for fewer than two runs, for a folder without a run, and for a
    damaged one.
    """
    if len(runs) < 2:
        fail("RUN", f"{len(runs)} run", "at least two runs", "name the folders to compare")
    folders = [open_folder(run) for run in runs]
    configs = [read_json(folder.config) for folder in folders]
    results = [read_json(f.metrics) if f.metrics.exists() else {} for f in folders]
    asked = [
        {key: config[key] for key in ("system", "data", "seed", "quick")} | config["settings"]
        for config in configs
    ]
    came_out = [
        dict(result.get("metrics", {}))
        | {key: result[key] for key in ("wall_s", "peak_memory_mb") if key in result}
        for result in results
    ]
    claims = [
        {row["claim"]: as_declared(row) for row in result.get("claims", [])} for result in results
    ]
    return {
        "runs": _names([folder.path for folder in folders]),
        "asked": _columns(asked),
        "metrics": _columns(came_out),
        "claims": _columns(claims),
    }


def write_comparison(runs: Sequence[str | Path], path: str | Path) -> Path:
    """Write a page with the table of `compare_runs` and the learning curves overlaid.

    **Raises:** `InputError` as `compare_runs`, and if matplotlib is missing.
    """
    require_matplotlib()
    table_ = compare_runs(runs)
    names = table_["runs"]
    keys = "".join(_key(name, index) for index, name in enumerate(names))
    header = (
        '<p class="kicker">neuropil · comparison</p>'
        f"<h1>{len(names)} runs side by side</h1>"
        f'<dl class="facts">{keys}</dl>'
    )
    drawn = _overlay([read_log(open_folder(run).log) for run in runs], names)
    caption = (
        "<b>Learning curves, overlaid.</b> One colour per run, the same in every panel. Runs that "
        "differ only by their seed show how much of a difference is chance."
    )
    alt = "Learning curves of " + ", ".join(names)
    sections = [
        ("curves", "Learning", section("curves", "How they learnt", "",
                                       picture(drawn, alt, caption) if drawn else "")),
        ("out", "Results", section("out", "What came out", "", _rows(table_, "metrics"),
                                   _rows(table_, "claims"))),
        ("asked", "Settings", section("asked", "What was asked for",
                                      "Settings that differ are set off.", _asked(table_))),
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
    drawn = table(("setting", *found["runs"]), rows)
    for row in rows:
        if len(set(row[1:])) > 1:
            drawn = drawn.replace(
                f"<tr><td>{row[0]}</td>", f'<tr class="changed"><td>{row[0]}</td>'
            )
    return drawn


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
            axes.set_title(title)
            axes.set_xlabel("epoch")
            axes.xaxis.get_major_locator().set_params(integer=True)
            light_grid(axes)
        for axes in grid[len(panels) :]:
            axes.set_visible(False)
        grid[0].legend(labelcolor="linecolor", handlelength=1.4)

    return svg(9.4, 2.75 * rows, paint)
