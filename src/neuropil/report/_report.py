"""The report of a run, drawn from its folder alone."""

import json
from collections.abc import Mapping
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from ..systems import RunFolder, open_folder, read_arrays, read_json, read_log, write_text
from ._activity import SAMPLES_SHOWN, firing_rates, group, rasters
from ._claims import claims
from ._confusion import confusion
from ._curves import curve, epoch_times, learning_curves
from ._draw import require_matplotlib
from ._page import document, picture, section, table
from ._synapses import PROJECTIONS_SHOWN, synapses
from ._words import duration, memory, number, shown, spoken

TILES = 5


def write_report(run: str | Path) -> Path:
    """Draw `report.html` of a run from the other files of its folder.

    **Arguments:** `run`, the folder of a run; it may have been stopped half-way.

    **Returns:** the path of the page, which holds everything it shows.

    **Raises:** `InputError` if there is no run, a file is damaged or matplotlib is missing.
    """
    require_matplotlib()
    folder = open_folder(run)
    write_text(folder.report, _page(folder))
    return folder.report


def _page(folder: RunFolder) -> str:
    config = read_json(folder.config)
    summary = read_json(folder.metrics) if folder.metrics.exists() else {}
    arrays, told = read_arrays(folder.arrays)
    about = json.loads(told.get("about", "{}"))
    log = read_log(folder.log)
    checked = claims(config.get("claims", []), summary.get("claims", []))
    sections = [
        ("claims", "Claims", _claims_section(checked)),
        ("learning", "Learning", _learning_section(log)),
        ("activity", "Activity", _activity_section(arrays, about.get("tick_ms"))),
        ("delays", "Delays", _synapse_section(arrays, "delays")),
        ("weights", "Weights", _synapse_section(arrays, "weights")),
        ("results", "Results", _results_section(arrays, about.get("classes", []), summary)),
        ("cost", "Time and memory", _cost_section(log, summary)),
        ("repeat", "Repeat it", _repeat_section(config, summary)),
    ]
    foot = "Written by neuropil. This page is complete in itself: it can be mailed and kept."
    title = f"{config['title']}: {config['data']}, seed {config['seed']}"
    return document(title, _header(config, summary, log), sections, foot)


def _header(config: Mapping[str, Any], summary: Mapping[str, Any], log: list) -> str:
    facts = {
        "system": config["system"],
        "data": config["data"],
        "seed": str(config["seed"]),
        "started": _date(config.get("started", "")),
        "took": duration(summary.get("wall_s")) if summary else "not finished",
        "on": ", ".join(dict.fromkeys(summary.get("devices", [])))
        or config["machine"]["processor"],
    }
    if config.get("quick"):
        facts["form"] = "quick: a small form, not for conclusions"
    listed = "".join(f"<div><dt>{k}</dt><dd>{escape(v)}</dd></div>" for k, v in facts.items())
    reference = config.get("reference", "")
    link = f'<a href="https://doi.org/{escape(reference)}">doi:{escape(reference)}</a>'
    state = "" if summary else (
        f"<p><b>This run has not finished</b> ({len(log)} epochs so far). Go on with "
        f"<code>neuropil run {escape(config['system'])} --resume</code> and its folder.</p>"
    )  # fmt: skip
    tiles = "".join(
        f"<div><b>{escape(shown(name, value))}</b><span>{escape(spoken(name))}</span></div>"
        for name, value in list(summary.get("metrics", {}).items())[:TILES]
    )
    return (
        f'<p class="kicker">neuropil · run of a published system</p><h1>{escape(config["title"])}'
        f'</h1><p class="lede">{escape(config["summary"])}{" " + link if reference else ""}</p>'
        f'{state}<dl class="facts">{listed}</dl>'
        + (f'<div class="tiles">{tiles}</div>' if tiles else "")
    )


def _date(text: str) -> str:
    try:
        return datetime.fromisoformat(text).strftime("%-d %B %Y, %H:%M")
    except ValueError:
        return text


def _claims_section(checked: str) -> str:
    lead = (
        "A published system is offered with what it must reproduce. The bound was declared before "
        "the run; the same bound must be missed once the mechanism is taken out. In each strip "
        "the tinted side is allowed, the dot is what was measured, the ring is the ablation."
    )
    return section("claims", "What it must reproduce", lead, checked)


def _learning_section(log: list) -> str:
    drawn = learning_curves(log)
    if drawn is None:
        return ""
    caption = (
        "<b>Learning curves.</b> Train and validation should fall (loss) and rise (accuracy) "
        "together; a gap that opens is memorising. Firing rates that drop to nothing or climb "
        "without end are the two ways a spiking network dies. Schedules are what was varied on "
        "purpose."
    )
    _, values = curve(log, "validation", "accuracy")
    alt = f"Learning curves over {len(log)} epochs"
    if values:
        alt += f"; validation accuracy goes from {values[0]:.0%} to {values[-1]:.0%}"
    return section("learning", "How it learnt", "", picture(drawn, alt, caption))


def _activity_section(arrays: Mapping[str, np.ndarray], tick_ms: float | None) -> str:
    samples = group(arrays, "raster")
    drawn = rasters(samples, tick_ms)
    if drawn is None:
        return ""
    shown = list(samples)[:SAMPLES_SHOWN]
    nodes = list(dict.fromkeys(node for name in shown for node in samples[name]))
    caption = (
        "<b>A few inputs through the layers.</b> One column per input, one row per node, from "
        "the input at the top to the output. Each dot is a spike; lines are a graded output, the "
        "largest one warm. Look for different inputs leaving different patterns, for layers "
        "answering later than their input, and for neurons that never or always fire."
    )
    alt = f"Activity of {', '.join(nodes)} for the inputs {', '.join(shown)}"
    return section("activity", "What the neurons did", "", picture(drawn, alt, caption))


def _synapse_section(arrays: Mapping[str, np.ndarray], kind: str) -> str:
    quantity, title, caption = {
        "delays": (
            "delay (ticks)",
            "What became of the delays",
            "Outline: before; filled: after. In the maps each pixel is one synapse, stronger "
            "colour meaning a longer delay. Delays that found their place show as structure "
            "where there was noise; peaks at either end of the histogram mean that the longest "
            "delay is too short for the task.",
        ),
        "weights": (
            "weight",
            "What became of the weights",
            "Outline: before; filled: after. In the maps each pixel is one synapse: warm is "
            "excitatory, cold is inhibitory. Rows or columns that stand out are neurons the "
            "network came to rely on; empty ones are not used.",
        ),
    }[kind]
    found = group(arrays, kind)
    parts = []
    for name, before_after in list(found.items())[:PROJECTIONS_SHOWN]:
        drawn = synapses(name, before_after, quantity)
        if drawn is not None:
            text = caption if not parts else "As above."
            told = _moved(before_after)
            full = f"<b>{escape(name)}.</b> {text}{' ' + told if told else ''}"
            parts.append(picture(drawn, f"{kind} of {name} before and after. {told}", full))
    if len(found) > PROJECTIONS_SHOWN:
        parts.append(f"<p>{len(found) - PROJECTIONS_SHOWN} more are in arrays.safetensors.</p>")
    return section(kind, title, "", *parts)


def _moved(before_after: Mapping[str, np.ndarray]) -> str:
    if not {"before", "after"} <= set(before_after):
        return ""
    before, after = (np.asarray(before_after[when], dtype=float) for when in ("before", "after"))
    if before.shape != after.shape:
        return ""
    change = np.abs(after - before)
    mean, most = float(np.nanmean(change)), float(np.nanmax(change))
    return f"Mean change {number(mean)}, at most {number(most)}."


def _results_section(
    arrays: Mapping[str, np.ndarray], classes: list[str], summary: Mapping[str, Any]
) -> str:
    parts = []
    if "confusion" in arrays:
        drawn = confusion(arrays["confusion"], classes)
        if drawn is not None:
            caption = (
                "<b>Confusion matrix.</b> Rows are what was shown, columns what was answered. "
                "Anything off the diagonal is a mistake, and pairs on both sides of it are "
                "classes the network cannot tell apart."
            )
            right = np.trace(arrays["confusion"]) / arrays["confusion"].sum()
            alt = f"Confusion matrix, {right:.1%} on the diagonal"
            parts.append(picture(drawn, alt, caption, half=True))
    rates = {k.split("/", 1)[1]: v for k, v in arrays.items() if k.startswith("rates/")}
    drawn = firing_rates(rates)
    if drawn is not None:
        caption = (
            "<b>Firing rates.</b> Each dot is a neuron, the bar is the median of its layer. "
            "A pile at zero is a silent part of the network that costs memory and does nothing."
        )
        alt = f"Firing rates of the neurons of {', '.join(rates)}"
        parts.append(picture(drawn, alt, caption, half=True))
    pair = f'<div class="pair">{"".join(parts)}</div>' if parts else ""
    metrics = summary.get("metrics", {})
    rest = [(spoken(k), shown(k, v)) for k, v in list(metrics.items())[TILES:]]
    return section("results", "What came out", "", pair, table((), rest, numbers=1))


def _cost_section(log: list, summary: Mapping[str, Any]) -> str:
    _, seconds = curve(log, "seconds")
    rows = [
        ("whole run", duration(summary["wall_s"])) if "wall_s" in summary else None,
        ("training, summed over epochs", duration(sum(seconds))) if seconds else None,
        ("median epoch", duration(sorted(seconds)[len(seconds) // 2])) if seconds else None,
        ("peak memory of the process", memory(summary["peak_memory_mb"]))
        if summary.get("peak_memory_mb")
        else None,
    ]
    drawn = epoch_times(log)
    caption = "<b>Time.</b> The first epoch is longer: it holds the compilation."
    plot = picture(drawn, "Seconds per epoch", caption) if drawn else ""
    return section("cost", "What it took", "", table((), [r for r in rows if r], numbers=1), plot)


def _repeat_section(config: Mapping[str, Any], summary: Mapping[str, Any]) -> str:
    command = f"<pre>{escape(config['command'])}</pre>" if config.get("command") else ""
    settings = [
        (key, "chosen by the system" if value is None else shown("", value))
        for key, value in config["settings"].items()
    ]
    made_with = list(config["versions"].items()) + [
        (name, str(value)) for name, value in config["machine"].items()
    ]
    lead = "The same command with the same versions gives the same result."
    if summary.get("resumed"):
        lead += " This run was stopped once and resumed, which changes nothing."
    pair = (
        '<div class="pair"><div><h3>Settings</h3>' + table((), settings) + "</div>"
        "<div><h3>Versions and machine</h3>" + table((), made_with) + "</div></div>"
    )
    return section("repeat", "How to repeat it", lead, command, pair)
