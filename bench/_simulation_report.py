"""The figures of the simulation benchmark as text."""

from . import _report


def _lines(competitors: dict, ratios: dict) -> list[list[str]]:
    rows = []
    for name, entry in competitors.items():
        if "us_per_tick" not in entry:
            rows.append([name, entry["status"], *[""] * 6])
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
                f"{entry['build_s']:.1f} + {entry['create_s']:.2f}",
                str(entry["threads"]),
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
        "build + create, s",
        "threads",
    ]


def as_text(name: str, cell: dict, seconds: float) -> str:
    """One cell for the terminal."""
    rows = _lines(cell["competitors"], cell["ratios"])
    lines = ["  ".join(f"{text:22s}" for text in row[:-1]) for row in rows]
    return f"{name}  ({cell['timed_ms']:.0f} ms; took {seconds:.0f} s)\n  " + "\n  ".join(lines)


def markdown(results: dict) -> str:
    """The whole report."""
    machine, subject = results["machine"], results["subject"]
    sections = [
        "# Simulating a network: neuropil and other simulators\n",
        f"Measured {results['date']} on {machine['cpu']}, {machine['cores']} cores, "
        f"{machine['memory_gb']} GB, {machine['system']}; load at the start "
        f"{machine['load_at_start']}. {results['precision'].capitalize()} precision; ticks of 0.1 "
        "ms; only the ticks are timed, not what builds, compiles or makes synapses.\n",
    ]
    for name, cell in results["cells"].items():
        table = _report.table(_header(subject), _lines(cell["competitors"], cell["ratios"]))
        sections.append(f"## {name}\n\n{table}\n")
    versions = {
        name: ", ".join(f"{package} {version}" for package, version in found.items())
        for name, found in results["versions"].items()
    }
    listed = "\n".join(f"- {name}: {text}" for name, text in versions.items())
    return "\n".join([*sections, f"## Versions\n\n{listed}\n"])
