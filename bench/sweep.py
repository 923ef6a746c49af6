"""A network of ten neurons, and a thousand of them: neuropil under `vmap`, Brian2 one by one.

From the root of the repository, on cores that nobody else uses:

    python -m bench.sweep --brian2-python PYTHON --threads 1 2
"""

import argparse
import datetime
import os
import tempfile

from . import _machine, _report, _worker

COMPETITORS = ("neuropil", "brian2_standalone", "brian2_cython")
HEADER = [
    "simulator",
    "threads",
    "one: compile, s",
    "one: us a tick",
    "all: compile, s",
    "all: s",
    "how",
    "over neuropil",
    "with compilation",
    "rate, Hz",
]


def run(name: str, threads: int, options, log) -> dict:
    """Return what one worker found; kernels are compiled from nothing."""
    with tempfile.TemporaryDirectory() as kernels:
        python = _worker.python_of(name, "", {"": options.brian2_python})
        if python is None:
            return {"status": "no interpreter given"}
        variables = {"NEUROPIL_CACHE": kernels}
        process = _worker.start(name, python, threads, log, "_models_sweep", variables)
        limits = _worker.Limits(options.timeout, options.memory_gb * 1024)
        request = {name: getattr(options, name) for name in ("circuits", "runs", "ticks")}
        try:
            return _worker.ask(process, request, limits)
        except _worker.WorkerError as error:
            return {"status": str(error)}
        finally:
            _worker.stop(process)


def rows(entries: list[dict]) -> list[list[str]]:
    """Return the lines of the table; ratios are to neuropil with as many threads, or with one."""
    ours = {e["threads"]: e for e in entries if e["name"] == "neuropil" and "sweep_s" in e}
    lines = []
    for entry in entries:
        if "sweep_s" not in entry:
            lines.append([entry["name"], str(entry["threads"]), entry["status"], *[""] * 7])
            continue
        compared = []
        for with_compilation in (False, True):
            own, theirs = (
                [e["sweep_s"] + with_compilation * e["compile_sweep_s"] for e in some]
                for some in (ours.values(), [entry])
            )
            texts = [f"{theirs[0] / value:.1f} ({n})" for n, value in zip(ours, own, strict=True)]
            compared.append("" if entry["name"] == "neuropil" else ", ".join(texts))
        lines.append(
            [
                entry["name"],
                str(entry["threads"]),
                f"{entry['compile_s']:.1f}",
                f"{entry['us_per_tick']:.2f}",
                f"{entry['compile_sweep_s']:.1f}",
                f"{entry['sweep_s']:.2f}",
                entry["sweep"],
                *compared,
                f"{entry['rate_hz']:.2f}",
            ]
        )
    return lines


def markdown(results: dict) -> str:
    """The whole report."""
    machine = results["machine"]
    versions = "\n".join(
        f"- {entry['name']}: " + ", ".join(f"{p} {v}" for p, v in entry["versions"].items())
        for entry in results["entries"]
        if "versions" in entry
    )
    return (
        "# A network of ten neurons, and many of them\n\n"
        f"Measured {results['date']} on {machine['cpu']}, {machine['cores']} cores, "
        f"{machine['memory_gb']} GB, {machine['system']}; load at the start "
        f"{machine['load_at_start']}. {results['ticks']} ticks of 0.1 ms; `all` are "
        f"{results['circuits']} networks that differ in the weight of their excitation. Ratios are "
        "to neuropil with the number of threads in brackets. Brian2 runs one network after the "
        "other and builds once; the time of all is that of some runs, scaled up.\n\n"
        f"{_report.table(HEADER, rows(results['entries']))}\n\n## Versions\n\n{versions}\n"
    )


def main(argv=None) -> None:
    """Measure, print the table, and write the results."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.sweep", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--brian2-python", default=None, metavar="PYTHON")
    parser.add_argument("--threads", nargs="+", type=int, default=[1], help="of neuropil")
    parser.add_argument("--circuits", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=20, help="of Brian2, from which all are told")
    parser.add_argument("--ticks", type=int, default=10_000)
    parser.add_argument("--timeout", type=float, default=600.0, help="seconds for one worker")
    parser.add_argument("--memory-gb", type=float, default=4.0, help="cap for one process")
    parser.add_argument("--out", default=None, help="results without suffix; '' writes nothing")
    options = parser.parse_args(argv)
    machine = _machine.describe(max(options.threads))
    date = datetime.date.today().isoformat()
    results = {"date": date, "machine": machine, "ticks": options.ticks}
    results |= {"circuits": options.circuits, "entries": []}
    with tempfile.TemporaryFile() as log:
        for name in COMPETITORS:
            for threads in options.threads if name == "neuropil" else [1]:
                entry = {"name": name, "threads": threads, **run(name, threads, options, log)}
                results["entries"].append(entry)
    print(_report.table(HEADER, rows(results["entries"])))
    path = options.out
    if path is None:
        path = os.path.join("bench", "results", f"{date}-sweep-{_machine.slug(machine)}")
    if path:
        _report.write(path, results, markdown)


if __name__ == "__main__":
    main()
