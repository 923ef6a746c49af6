"""Figures to JSON and Markdown; both are written to a temporary name and then put in place."""

import json
import os
import statistics


def spread(values: list[float]) -> dict[str, float]:
    """Median and quartiles."""
    if len(values) == 1:
        return {"median": values[0], "q1": values[0], "q3": values[0]}
    q1, median, q3 = statistics.quantiles(values, n=4, method="inclusive")
    return {"median": median, "q1": q1, "q3": q3}


def ratios(competitors: dict, subject: str) -> dict[str, dict[str, float]]:
    """Time of each competitor over the subject's, round by round."""
    if "rounds_s" not in competitors.get(subject, {}):
        return {}
    ours = competitors[subject]["rounds_s"]
    return {
        name: spread([theirs / own for theirs, own in zip(entry["rounds_s"], ours, strict=False)])
        for name, entry in competitors.items()
        if name != subject and "rounds_s" in entry
    }


def fastest_peer(cell: dict) -> str | None:
    """Name of the fastest competitor that is not of this project."""
    times = {
        name: entry["seconds"]["median"]
        for name, entry in cell["competitors"].items()
        if name not in ("neuropil", "bare_jax") and "seconds" in entry
    }
    return min(times, key=times.get) if times else None


def table(header: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def _time(entry: dict | None) -> str:
    if entry is None:
        return "not run"
    return f"{entry['seconds']['median'] * 1e3:.1f}" if "seconds" in entry else entry["status"]


def _ratio(cell: dict, name: str) -> str:
    entry = cell["competitors"].get(name)
    if entry is None:
        return "not run"
    ratio = cell["ratios"].get(name)
    if ratio is None:
        return entry["status"] if "seconds" not in entry else "no reference"
    return f"{ratio['median']:.2f} [{ratio['q1']:.2f}, {ratio['q3']:.2f}]"


def _loss(entry: dict) -> str:
    if "losses" not in entry:
        return entry["status"]
    return ", ".join(f"{loss:.4f}" for loss in entry["losses"][:3])


def _fastest(cell: dict) -> str:
    peer = fastest_peer(cell)
    if peer is None:
        return "none"
    return f"{peer} {cell['competitors'][peer]['seconds']['median'] * 1e3:.1f} ms"


def markdown(results: dict) -> str:
    """The whole report."""
    subject, cells, machine = results["subject"], results["cells"], results["machine"]
    names = results["competitors"]
    others = [name for name in names if name != subject]
    sections = [
        "# Training step: neuropil and other libraries\n",
        f"Measured {results['date']} on {machine['cpu']}, {machine['cores']} cores "
        f"({machine['threads']} threads used), {machine['memory_gb']} GB, {machine['system']}; "
        f"load at the start {machine['load_at_start']}. GEMM peak {results['peak']['gflops']:.0f} "
        f"GFLOP/s, memory {results['peak']['gbytes']:.0f} GB/s (both measured).\n",
        "`ff` is 700-256-256-20, `rec` 700-256(recurrent)-20, `user` is `ff` with a neuron written "
        "by the user; T ticks, B samples. Forward, backward and Adam update; float32.\n",
        f"## Time of a step over {subject}'s, median [quartiles]; above 1 {subject} is faster\n",
    ]
    rows = []
    for name, cell in cells.items():
        ratios = [_ratio(cell, other) for other in others]
        rows.append([name, _time(cell["competitors"].get(subject)), *ratios, _fastest(cell)])
    header = ["cell", f"{subject}, ms", *others, "fastest peer"]
    sections.append(table(header, rows) + "\n")
    sections.append("## Floor, ms (dense operations, operations with a spike, bytes)\n")
    rows = [
        [name, *(f"{cell['floor'][key]:.2f}" for key in ("dense_ms", "event_ms", "bytes_ms"))]
        + [", ".join(f"{k} {100 * v:.1f} %" for k, v in cell["rates"].items())]
        for name, cell in cells.items()
    ]
    sections.append(table(["cell", "dense", "event", "bytes", "firing per tick"], rows) + "\n")
    for title, show in [
        ("Losses of the first three steps", _loss),
        ("Threads used", lambda e: str(e["threads"]) if "threads" in e else e["status"]),
        ("Time of a step, ms", _time),
        (
            "Peak memory of the process, MB",
            lambda e: f"{e['peak_mb']:.0f}" if "peak_mb" in e else e["status"],
        ),
        (
            "First call less one step (compilation), s",
            lambda e: f"{e['compile_s']:.2f}" if "compile_s" in e else e["status"],
        ),
    ]:
        rows = [
            [
                name,
                *(show(c["competitors"][n]) if n in c["competitors"] else "not run" for n in names),
            ]
            for name, c in cells.items()
        ]
        sections.append(f"## {title}\n\n" + table(["cell", *names], rows) + "\n")
    versions = {
        name: ", ".join(f"{package} {version}" for package, version in found.items())
        for name, found in results["versions"].items()
    }
    sections.append(
        "## Versions\n\n" + "\n".join(f"- {n}: {v}" for n, v in versions.items()) + "\n"
    )
    return "\n".join(sections)


def write(path: str, results: dict, text_of=markdown) -> None:
    """Write `path`.json and, as `text_of` puts it, `path`.md."""
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    for suffix, text in [
        (".json", json.dumps(results, indent=1) + "\n"),
        (".md", text_of(results)),
    ]:
        with open(path + suffix + ".tmp", "w") as out:
            out.write(text)
        os.replace(path + suffix + ".tmp", path + suffix)
