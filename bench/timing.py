"""Time and memory of published systems, neuropil against the authors' code.

One process per competitor. The processes take turns (A B A B ...), all others idle, so that a drift
of the machine cancels in the ratios. From the root of the repository:

    python -m bench.timing --peers-python PYTHON --source ctm_published=FOLDER --cells 'ctm-*'

A cell is a line in `_models_timing/_cells.py`, a competitor `_models_timing/PROBLEM_COMPETITOR.py`.
"""

import argparse
import datetime
import fnmatch
import json
import os
import sys
import tempfile

from . import _machine, _report, _worker
from ._models_timing._cells import CELLS

SUBJECT = "neuropil"
HEADER = ["cell", "competitor", "what", "ms", f"over {SUBJECT}", "first call, s", "peak, MB"]


def competitors(problem: str) -> list[str]:
    """Return who solves a problem: names of files, the subject first."""
    folder = os.path.join(os.path.dirname(__file__), "_models_timing")
    files = [name.removesuffix(".py") for name in os.listdir(folder)]
    found = [name.removeprefix(f"{problem}_") for name in files if name.startswith(f"{problem}_")]
    return sorted(found, key=lambda name: (name != SUBJECT, name))


def start(problem: str, name: str, options, log):
    """Return the process of a competitor."""
    worker = f"{problem}_{name}"
    python = _worker.python_of(name if name == SUBJECT else worker, "", options.peers)
    if python is None:
        raise _worker.WorkerError("no interpreter given")
    source = options.sources.get(worker)
    variables = {"PYTHONPATH": os.path.abspath(source)} if source else {}
    if options.threads == 1:
        variables["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    return _worker.start(worker, python, options.threads, log, "_models_timing", variables)


def prepare(process, sizes: dict, limits: _worker.Limits) -> dict:
    """Build, do everything once (what compiles, compiles here) and once more."""
    built = _worker.ask(process, {"do": "build", "sizes": sizes}, limits)
    entry = {"status": "ok", "versions": built["versions"], "actions": {}}
    for action in built["actions"]:
        request = {"do": "act", "action": action, "n": 1}
        first, second = (_worker.ask(process, request, limits) for _ in range(2))
        entry["actions"][action] = {
            "first_call_s": first["seconds"],
            "estimate_s": second["seconds"],
            "values": first["values"] + second["values"],
            "peak_mb": second["peak_mb"],
            "rounds_s": [],
        }
    return entry


def alternate(processes: dict, entries: dict, options, limits: _worker.Limits) -> None:
    """Let the workers take turns, action by action."""
    ready = {name: entry for name, entry in entries.items() if entry["status"] == "ok"}
    for action in dict.fromkeys(a for entry in ready.values() for a in entry["actions"]):
        own = {name: e["actions"][action] for name, e in ready.items() if action in e["actions"]}
        for _ in range(options.rounds):
            for name, times in own.items():
                n = max(1, min(200, int(options.turn / max(times["estimate_s"], 1e-6))))
                request = {"do": "act", "action": action, "n": n}
                times["rounds_s"].append(_worker.ask(processes[name], request, limits)["seconds"])


def run_cell(cell: str, options, log) -> dict[str, dict]:
    """Return what was found of every competitor."""
    problem = cell.partition("-")[0]
    limits = _worker.Limits(options.timeout, options.memory_gb * 1024)
    entries, processes = {}, {}
    try:
        for name in competitors(problem):
            try:
                processes[name] = start(problem, name, options, log)
                entries[name] = prepare(processes[name], CELLS[cell], limits)
            except _worker.WorkerError as error:
                entries[name] = {"status": str(error), "actions": {}}
        alternate(processes, entries, options, limits)
    finally:
        for process in processes.values():
            _worker.stop(process)
    for action in entries[SUBJECT]["actions"]:
        of = {name: e["actions"][action] for name, e in entries.items() if action in e["actions"]}
        for name, ratio in _report.ratios(of, SUBJECT).items():
            of[name]["ratio"] = ratio
    for entry in entries.values():
        for times in entry["actions"].values():
            times["seconds"] = _report.spread(times["rounds_s"])
    return entries


def rows(cell: str, entries: dict[str, dict]) -> list[list[str]]:
    """Return the lines of one cell; above 1, the subject is faster."""
    lines = []
    for name, entry in entries.items():
        if not entry["actions"]:
            lines.append([cell, name, entry["status"], *[""] * 4])
        for action, times in entry["actions"].items():
            ratio = times.get("ratio")
            over = f"{ratio['median']:.2f} [{ratio['q1']:.2f}, {ratio['q3']:.2f}]" if ratio else ""
            milliseconds, first = times["seconds"]["median"] * 1e3, times["first_call_s"]
            peak = f"{times['peak_mb']:.0f}"
            lines.append([cell, name, action, f"{milliseconds:.2f}", over, f"{first:.1f}", peak])
    return lines


def _agreement(cells: dict[str, dict]) -> list[list[str]]:
    """Return the first values of every action that has some, e.g. losses."""
    return [
        [cell, name, action, ", ".join(f"{value:.6f}" for value in times["values"])]
        for cell, entries in cells.items()
        for name, entry in entries.items()
        for action, times in entry["actions"].items()
        if None not in times["values"]
    ]


def markdown(results: dict) -> str:
    """The whole report."""
    machine, cells = results["machine"], results["cells"]
    lines = [line for cell, entries in cells.items() for line in rows(cell, entries)]
    sizes = "\n".join(
        f"- `{cell}`: " + ", ".join(f"{name} {value}" for name, value in CELLS[cell].items())
        for cell in cells
    )
    versions = {
        f"{cell.partition('-')[0]}, {name}": ", ".join(f"{p} {v}" for p, v in e["versions"].items())
        for cell, entries in cells.items()
        for name, e in entries.items()
        if "versions" in e
    }
    return (
        "# Published systems: neuropil and the authors' code\n\n"
        f"Measured {results['date']} on {machine['cpu']}, {machine['cores']} cores "
        f"({machine['threads']} threads used), {machine['memory_gb']} GB, {machine['system']}; "
        f"load at the start {machine['load_at_start']}. Medians [quartiles] over rounds; the "
        "processes take turns. Peak memory is the process's highest resident memory up to and "
        "with the line, libraries included.\n\n"
        f"{_report.table(HEADER, lines)}\n\n## First values\n\n"
        f"{_report.table(['cell', 'competitor', 'what', 'values'], _agreement(cells))}\n\n"
        f"## Sizes\n\n{sizes}\n\n## Versions\n\n"
        + "\n".join(f"- {name}: {text}" for name, text in versions.items())
        + "\n"
    )


def arguments(argv=None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.timing", description="Time and memory of published systems."
    )
    of = {"nargs": "+", "default": []}
    parser.add_argument("--peers-python", **of, metavar="[WORKER=]PYTHON", help="interpreters")
    parser.add_argument("--source", **of, metavar="WORKER=FOLDER", help="code that is not packaged")
    parser.add_argument("--cells", nargs="+", default=["*"], help="patterns such as 'ctm-*'")
    parser.add_argument("--rounds", type=int, default=7, help="turns of every competitor")
    parser.add_argument("--turn", type=float, default=1.0, help="seconds per turn, at least once")
    parser.add_argument("--timeout", type=float, default=300.0, help="seconds for one request")
    parser.add_argument("--memory-gb", type=float, default=4.0, help="cap for one process")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", default=None, help="results without suffix; '' writes nothing")
    options = parser.parse_args(argv)
    options.peers = {}
    for given in options.peers_python:
        name, separator, python = given.rpartition("=")
        options.peers[name if separator else ""] = python
    options.sources = dict(given.split("=", 1) for given in options.source)
    return options


def main(argv=None) -> None:
    """Run the cells, printing each and rewriting the results after each."""
    options = arguments(argv)
    chosen = [cell for cell in CELLS if any(fnmatch.fnmatch(cell, p) for p in options.cells)]
    if not chosen:
        sys.exit(f"--cells: got {' '.join(options.cells)}; expected some of: {' '.join(CELLS)}")
    machine, date = _machine.describe(options.threads), datetime.date.today().isoformat()
    path = options.out
    if path is None:
        path = os.path.join("bench", "results", f"{date}-timing-{_machine.slug(machine)}")
    results = {"date": date, "machine": machine, "cells": {}}
    if path and os.path.exists(path + ".json"):  # what else was measured that day
        with open(path + ".json") as found:
            results["cells"] = json.load(found)["cells"]
    with tempfile.TemporaryFile() as log:
        for cell in chosen:
            results["cells"][cell] = run_cell(cell, options, log)
            print(_report.table(HEADER, rows(cell, results["cells"][cell])), flush=True)
            if path:
                _report.write(path, results, markdown)


if __name__ == "__main__":
    main()
