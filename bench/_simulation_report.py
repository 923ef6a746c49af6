"""The figures of the simulation benchmark as text."""

from . import _report


def _lines(competitors: dict, ratios: dict) -> list[list[str]]:
    rows = []
    for name, entry in competitors.items():
        if "us_per_tick" not in entry:
            rows.append([name, entry["status"], *[""] * 8])
            continue
        tick, ratio = entry["us_per_tick"], ratios.get(name)
        rows.append(
            [
                name,
                f"{tick['median']:.1f} [{tick['q1']:.1f}, {tick['q3']:.1f}]",
                f"{ratio['median']:.2f} [{ratio['q1']:.2f}, {ratio['q3']:.2f}]" if ratio else "",
                f"{tick['median'] / 100:.2f}",
                f"{entry['rate_hz']:.2f}",
                f"{entry['peak_mb']:.0f}",
                f"{entry['create_s']:.2f}",
                f"{entry['compile_s']:.1f}",
                f"{entry['floor_us']:.2f}",
                f"{entry['over_floor']:.1f}",
            ]
        )
    return rows


def _header(subject: str) -> list[str]:
    return [
        "simulator",
        "us a tick",
        f"over {subject}",
        "s a biological s",
        "rate, Hz",
        "peak MB",
        "create, s",
        "compile, s",
        "floor, us",
        "over floor",
    ]


def as_text(name: str, cell: dict, seconds: float) -> str:
    """One cell for the terminal."""
    rows = [_header("neuropil"), *_lines(cell["competitors"], cell["ratios"])]
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = ["  ".join(map(str.ljust, row, widths)) for row in rows]
    return f"{name}  ({_about(cell)}; took {seconds:.0f} s)\n  " + "\n  ".join(lines)


def _about(cell: dict) -> str:
    return (
        f"{cell['threads']} thread(s); {cell['synapses_per_neuron']:.0f} synapses a neuron; "
        f"{cell['timed_ms']:.0f} ms timed; bandwidth {cell['gbytes_per_s']:.0f} GB/s"
    )


def markdown(results: dict) -> str:
    """The whole report."""
    machine, subject = results["machine"], results["subject"]
    sections = [
        "# Simulating a network: neuropil and other simulators\n",
        f"Measured {results['date']} on {machine['cpu']}, {machine['cores']} cores, "
        f"{machine['memory_gb']} GB, {machine['system']}; load at the start "
        f"{machine['load_at_start']}. {results['precision'].capitalize()} precision; ticks of 0.1 "
        "ms; only the ticks are timed, not what compiles or makes neurons and synapses. The floor "
        "is bytes that a tick must touch over the bandwidth of a copy within as many bytes as the "
        "network holds, by as many threads. What neuropil compiles is kept: the first row of a "
        "network compiles from nothing, later ones load it. brainevent compiles while it makes "
        "synapses.\n",
        "## Threads\n\n" + _report.table(*_over_threads(results["cells"])) + "\n",
    ]
    for name, cell in results["cells"].items():
        table = _report.table(_header(subject), _lines(cell["competitors"], cell["ratios"]))
        sections.append(f"## {name}\n\n{_about(cell)}\n\n{table}\n")
    versions = {
        name: ", ".join(f"{package} {version}" for package, version in found.items())
        for name, found in results["versions"].items()
    }
    listed = "\n".join(f"- {name}: {text}" for name, text in versions.items())
    return "\n".join([*sections, f"## Versions\n\n{listed}\n"])


def _over_threads(cells: dict) -> tuple[list[str], list[list[str]]]:
    """Return microseconds a tick by number of threads, and the best of peers over the best of ours.

    Of one scheme each; unlike the ratios of a cell these are not of processes that took turns.
    """
    found = {}
    for name, cell in cells.items():
        for competitor, entry in cell["competitors"].items():
            if "us_per_tick" in entry:
                own = found.setdefault(name.rpartition("-")[0], {}).setdefault(competitor, {})
                own[cell["threads"]] = entry["us_per_tick"]["median"]
    rows = []
    for network, times in found.items():
        for scheme in ("", "_euler"):
            ours, theirs = times.get(f"neuropil{scheme}"), times.get(f"brian2{scheme}")
            if ours and theirs:
                row = [network, scheme.strip("_") or "exponential Euler"]
                for own in (ours, theirs):
                    row.append(", ".join(f"{time:.1f} ({n})" for n, time in own.items()))
                rows.append([*row, f"{min(theirs.values()) / min(ours.values()):.2f}"])
    return [
        "network",
        "scheme",
        "neuropil, us (threads)",
        "Brian2, us (threads)",
        "best / best",
    ], rows
