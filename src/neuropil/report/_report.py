"""The report of a run, drawn from its folder alone."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from ..systems import fail, write_text
from ._activity import SAMPLES_SHOWN, firing_rates, group, rasters
from ._claims import claims
from ._confusion import confusion
from ._curves import curve, epoch_times, learning_curves
from ._diagram import diagram, regimes
from ._draw import require_matplotlib
from ._dynamics import dynamics
from ._film import films
from ._maps import maps
from ._page import document, picture, section, table
from ._recordings import stored_membranes, stored_recordings
from ._relations import relations
from ._stored import Stored, is_number, read_run, setup
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
    stored = read_run(run)
    write_text(stored.folder.report, _page(stored))
    return stored.folder.report


def _page(run: Stored) -> str:
    config, summary, log, arrays = run.config, run.summary, run.log, run.arrays
    checked = claims(config["system"], config["claims"], summary.get("claims", []))
    sections = [
        ("claims", "Claims", _claims_section(checked)),
        ("learning", "Learning", _learning_section(log)),
        ("activity", "Activity", _activity_section(run)),
        ("diagram", "Phase diagram", _diagram_section(run)),
        ("dynamics", "Dynamics", _dynamics_section(run)),
        ("film", "Tick by tick", films(arrays)),
        ("maps", "Maps", maps(arrays)),
        ("found", "Measured", relations(arrays)),
        ("delays", "Delays", _synapse_section(arrays, "delays")),
        ("weights", "Weights", _synapse_section(arrays, "weights")),
        ("results", "Results", _results_section(run)),
        ("cost", "Time and memory", _cost_section(log, summary)),
        ("repeat", "Repeat it", _repeat_section(run)),
    ]
    foot = "Written by neuropil. This page is complete in itself: it can be mailed and kept."
    title = f"{config['title']}: {config['data']}, seed {config['seed']}"
    return document(title, _header(run), sections, foot)


def _header(run: Stored) -> str:
    config, summary = run.config, run.summary
    facts = {
        "system": config["system"],
        "data": _data(run),
        "seed": str(config["seed"]),
        "started": _date(config["started"]),
        "took": duration(summary.get("wall_s")) if summary else "not finished",
        "on": ", ".join(dict.fromkeys(map(str, summary.get("devices") or [])))
        or str(config["machine"].get("processor", "a machine not told of")),
    }
    if config["quick"]:
        facts["form"] = "quick: a small form, not for conclusions"
    listed = "".join(f"<div><dt>{k}</dt><dd>{escape(v)}</dd></div>" for k, v in facts.items())
    reference = escape(config["reference"])
    link = f' <a href="https://doi.org/{reference}">doi:{reference}</a>' if reference else ""
    tiles = "".join(
        f"<div><b>{escape(shown(name, value))}</b><span>{escape(spoken(name))}</span></div>"
        for name, value in list(summary.get("metrics", {}).items())[:TILES]
    )
    return (
        f'<p class="kicker">neuropil · run of a published system</p><h1>{escape(config["title"])}'
        f'</h1><p class="lede">{escape(config["summary"])}{link}</p>'
        f'{_unfinished(run)}<dl class="facts">{listed}</dl>'
        + (f'<div class="tiles">{tiles}</div>' if tiles else "")
    )


def _data(run: Stored) -> str:
    """The data, and how much of it where that is told."""
    parts = (("training_samples", "to train"), ("validation_samples", "to validate"),
             ("test_samples", "to test"))  # fmt: skip
    counts = [
        f"{number(run.summary['setup'][name])} {use}"
        for name, use in parts
        if is_number(run.summary.get("setup", {}).get(name))
    ]
    return run.config["data"] + (f" ({', '.join(counts)})" if counts else "")


def _unfinished(run: Stored) -> str:
    if run.summary:
        return ""
    return (
        f"<p><b>This run has not finished</b> ({len(run.log)} epochs so far). Go on with "
        f"<code>neuropil run {escape(run.config['system'])} --resume</code> and its folder.</p>"
    )


def _date(text: str) -> str:
    try:
        return datetime.fromisoformat(text).strftime("%-d %B %Y, %H:%M")
    except ValueError:
        return text


def _claims_section(checked: str) -> str:
    lead = (
        "Each bound is declared beforehand, and must be missed once the mechanism is taken out. "
        "Claims are checked by runs of their own, apart from the run that this page shows. "
        "The tinted side is allowed, the dot is what was measured, the ring is the ablation."
    )
    return section("claims", "What it must reproduce", lead, checked)


def _learning_section(log: Sequence) -> str:
    drawn = learning_curves(log)
    if drawn is None:
        return ""
    caption = (
        "<b>Learning curves.</b> Train and validation should fall (loss) and rise (accuracy) "
        "together; a gap that opens is memorising. Firing rates that drop to nothing or climb "
        "without end are the two ways a spiking network dies."
    )
    _, values = curve(log, "validation", "accuracy")
    alt = f"Learning curves over {len(log)} epochs"
    if values:
        alt += f"; validation accuracy goes from {values[0]:.0%} to {values[-1]:.0%}"
    return section("learning", "How it learnt", "", picture(drawn, alt, caption))


def _activity_section(run: Stored) -> str:
    samples = group(run.arrays, "raster")
    drawn = rasters(samples, run.tick_ms, run.classes)
    if drawn is None:
        return ""
    shown = list(samples)[:SAMPLES_SHOWN]
    nodes = list(dict.fromkeys(node for name in shown for node in samples[name]))
    caption = (
        "<b>A few inputs through the layers.</b> One column per input, one row per node, from "
        "the input at the top to the output. Each dot is a spike; lines are a graded output, that "
        "of the right class warm. Look for different inputs leaving different patterns, for "
        "layers answering later than their input, and for neurons that never or always fire."
    )
    alt = f"Activity of {', '.join(nodes)} for the inputs {', '.join(shown)}"
    return section("activity", "What the neurons did", "", picture(drawn, alt, caption))


def _diagram_section(run: Stored) -> str:
    measured, named = diagram(run.arrays), regimes(run.arrays)
    if measured is None:
        return ""
    of_measures = (
        "<b>Measures.</b> A CV near 0 is a clock, near 1 a Poisson process. Modulation is the "
        "standard deviation of the population rate over its mean, less that of independent "
        "neurons: small is asynchronous. Rhythm is where the spectrum of the rate peaks; it means "
        "something where the modulation is large."
    )
    alt = "Rate, irregularity, modulation and rhythm over inhibition and external drive"
    pictures = [picture(measured, alt, of_measures)]
    if named is not None:
        of_regimes = (
            "<b>Regimes.</b> The activity is asynchronous (A) or synchronous (S), and neurons fire "
            "regularly (R) or irregularly (I), by the limits of the claim."
        )
        where = "Names of regimes over inhibition and external drive"
        pictures.insert(0, picture(named, where, of_regimes))
    return section("diagram", "Where the regimes are", "", *pictures)


def _dynamics_section(run: Stored) -> str:
    spikes = stored_recordings(run.arrays)
    if spikes and run.tick_ms is None:
        fail("arrays.safetensors, about", "no tick_ms", "the length of a tick in ms",
             "return tick_ms in the Outcome of the system")  # fmt: skip
    return dynamics(spikes, run.tick_ms or 1.0, stored_membranes(run.arrays))


def _synapse_section(arrays: Mapping[str, np.ndarray], kind: str) -> str:
    quantity, title, caption = {
        "delays": (
            "delay (ticks)",
            "What became of the delays",
            "Outline: before; filled: after. In the maps each pixel is one synapse, stronger "
            "colour meaning a longer delay; in the last one, warm synapses became later and cold "
            "ones earlier. A source that stays blank there told the network nothing. Peaks at "
            "either end of the histogram mean that the longest delay is too short for the task.",
        ),
        "weights": (
            "weight",
            "What became of the weights",
            "Outline: before; filled: after. In the maps each pixel is one synapse: warm is "
            "excitatory, cold is inhibitory; the last one shows the change, up or down. Rows or "
            "columns that stand out are neurons the network came to rely on.",
        ),
    }[kind]
    found = group(arrays, kind)
    parts = []
    for name, before_after in list(found.items())[:PROJECTIONS_SHOWN]:
        drawn = synapses(name, before_after, quantity)
        if drawn is not None:
            text = caption if not parts else "As above."
            told = _moved(before_after)
            full = f"<b>{escape(name.replace('->', '→'))}.</b> {text}{' ' + told if told else ''}"
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


def _results_section(run: Stored) -> str:
    arrays, classes, parts = run.arrays, run.classes, []
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
    metrics = run.summary.get("metrics", {})
    rest = [(spoken(k), shown(k, v)) for k, v in list(metrics.items())[TILES:]]
    return section("results", "What came out", "", pair, table((), rest, numbers=1))


def _cost_section(log: Sequence, summary: Mapping[str, Any]) -> str:
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


def _repeat_section(run: Stored) -> str:
    config = run.config
    command = f"<pre>{escape(config['command'])}</pre>" if config["command"] else ""
    settings = [
        (spoken(k), "chosen by the system" if v is None else shown(k, v))
        for k, v in setup(run).items()
    ]
    made_with = [(k, str(v)) for k, v in (*config["versions"].items(), *config["machine"].items())]
    lead = "With the same versions, on as many cores, the same command gives the same result."
    if run.summary.get("resumed"):
        lead += " This run was stopped once and resumed, which changes nothing."
    pair = (
        '<div class="pair"><div><h3>How it was set up</h3>' + table((), settings) + "</div>"
        "<div><h3>Versions and machine</h3>" + table((), made_with) + "</div></div>"
    )
    return section("repeat", "How to repeat it", lead, command, pair)
