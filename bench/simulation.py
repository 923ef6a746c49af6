"""Time and memory of simulating a network, neuropil against its peers, on one machine in one run.

One process per competitor and cell. The processes take turns (A B C A B C ...), all others idle, so
that a drift of the machine cancels in the ratios. From the root of the repository:

    python -m bench.simulation --peers-python brian2=PYTHON nest=PYTHON brainevent=PYTHON
    python -m bench.simulation --peers-python brian2=PYTHON --cells 'coba-N4000-*' --quick

Cells that are measured another time of the day are added to the results of that day.
"""

import argparse
import datetime
import fnmatch
import importlib.util
import json
import os
import statistics
import sys
import tempfile
import time

from . import _machine, _report, _roofline, _simulation_floor, _simulation_report, _worker
from ._models_simulation._networks import MODELS, SIZES, Task

COMPETITORS = ("neuropil", "neuropil_euler", "brian2", "brian2_euler", "nest", "brainevent")
PACKAGE = "_models_simulation"
THREADS = (1, 2)
TABLE = [
    f"{model}-N{size}-T{threads}"
    for model, sizes in SIZES.items()
    for size in sizes
    for threads in THREADS
]
WARM = 100.0  # ms
SEED = 1


def parse_cell(name: str) -> tuple[str, int, int]:
    """`coba-N4000-T2` to (model "coba", 4000 neurons, 2 threads)."""
    model, size, threads = name.split("-")
    return model, int(size[1:]), int(threads[1:])


def timed(model: str, neurons: int, is_quick: bool) -> float:
    """Biological time that is timed: 1000 ms of small networks, less where a tick takes long."""
    cost = 5.0 if model in ("cobahh", "coba_dense") else 1.0
    return max(20.0, min(200.0 if is_quick else 1000.0, 4e7 / (cost * neurons)))


def select(patterns: list[str]) -> list[str]:
    """The cells that match any pattern, in table order."""
    chosen = [cell for cell in TABLE if any(fnmatch.fnmatch(cell, p) for p in patterns)]
    if not chosen:
        sys.exit(f"--cells: got {' '.join(patterns)}; expected patterns over: {' '.join(TABLE)}")
    return chosen


def start(name: str, threads: int, options, log):
    """Start a competitor's worker, on as many cores as it has threads."""
    if importlib.util.find_spec(f"bench.{PACKAGE}.{name}") is None:
        raise _worker.WorkerError("no worker yet")
    python = _worker.python_of(name.removesuffix("_euler"), "", options.peers)
    if python is None:
        raise _worker.WorkerError("no interpreter given")
    return _worker.start(name, python, threads, log, PACKAGE, {"NEUROPIL_CACHE": options.kernels})


def prepare(process, task: Task, limits: _worker.Limits) -> dict:
    """Build, compile and run once, untimed: the first run may compile too."""
    built = _worker.ask(process, {"do": "build", "task": task._asdict()}, limits)
    first = _worker.ask(process, {"do": "run"}, limits)
    return {
        "status": "ok",
        "versions": built["versions"],
        "notes": built["notes"],
        "build_s": built["build_s"],
        "first": first,
        "rounds_s": [],
        "rounds": [],
    }


def alternate(processes: dict, entries: dict, options, limits: _worker.Limits) -> None:
    """Let the workers take turns; each turn is one run from the same start."""
    began = time.perf_counter()
    for number in range(options.repeats):
        if number >= 2 and time.perf_counter() - began > options.cell_seconds:
            break
        for name in list(processes):
            time.sleep(0.05)  # let the threads of the one before go to sleep
            try:
                reply = _worker.ask(processes[name], {"do": "run"}, limits)
            except _worker.WorkerError as error:
                entries[name] = {"status": str(error)}
                del processes[name]
                continue
            entries[name]["rounds_s"].append(reply["seconds"])
            entries[name]["rounds"].append(reply)


def summarise(entry: dict, ticks: int) -> None:
    """Add medians and quartiles to a competitor's entry."""
    rounds = entry.pop("rounds")
    entry["seconds"] = _report.spread(entry["rounds_s"])
    entry["us_per_tick"] = _report.spread([r["us_per_tick"] for r in rounds])
    entry["rate_hz"] = statistics.mean(r["rate_hz"] for r in rounds)
    entry["peak_mb"] = max(r["peak_mb"] for r in rounds)
    compiled = max(0.0, entry["first"]["seconds"] - entry["seconds"]["median"])
    entry["compile_s"] = entry["notes"].get("compile_s", compiled)
    created = statistics.median(r["create_s"] for r in rounds)
    entry["create_s"] = entry["notes"].get("create_s", created or entry["build_s"])
    entry["ticks"] = ticks


def run_cell(name: str, options, log) -> dict:
    """All competitors on one cell."""
    model, neurons, threads = parse_cell(name)
    limits = _worker.Limits(options.timeout, options.memory_gb * 1024)
    length = timed(model, neurons, options.quick)
    task = Task(model, neurons, options.precision, threads, SEED, WARM, length)
    entries, processes = {}, {}
    try:
        for competitor in options.competitors:
            try:
                processes[competitor] = start(competitor, threads, options, log)
                entries[competitor] = prepare(processes[competitor], task, limits)
            except _worker.WorkerError as error:
                entries[competitor] = {"status": str(error)}
                if competitor in processes:
                    _worker.stop(processes.pop(competitor))
        alternate(processes, entries, options, limits)
    finally:
        for process in processes.values():
            _worker.stop(process)
    bandwidth = _roofline.copy_gbytes(threads, _simulation_floor.held_bytes(task))
    for entry in entries.values():
        if entry.get("rounds_s"):
            summarise(entry, task.ticks)
            floor = _simulation_floor.bytes_per_tick(task, entry["rate_hz"]) / bandwidth / 1e3
            entry["floor_us"], entry["over_floor"] = floor, entry["us_per_tick"]["median"] / floor
    return {
        "timed_ms": length,
        "threads": threads,
        "synapses_per_neuron": task.in_degree,
        "gbytes_per_s": bandwidth,
        "competitors": entries,
        "ratios": _report.ratios(entries, options.subject),
    }


def arguments(argv=None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.simulation", description=__doc__.split("\n")[0]
    )
    parser.add_argument(
        "--peers-python",
        nargs="+",
        default=[],
        metavar="[NAME=]PYTHON",
        help="interpreter with the peers installed; NAME=PYTHON for a single one",
    )
    parser.add_argument("--cells", nargs="+", default=["*"], help="patterns such as 'coba-*'")
    parser.add_argument(
        "--competitors", nargs="+", default=list(COMPETITORS), choices=COMPETITORS, metavar="NAME"
    )
    parser.add_argument("--subject", default="neuropil", help="ratios are to this competitor")
    parser.add_argument("--precision", default="single", choices=["single", "double"])
    parser.add_argument("--repeats", type=int, default=5, help="rounds of turns per cell")
    parser.add_argument(
        "--cell-seconds", type=float, default=300.0, help="no new round after this, from the third"
    )
    parser.add_argument("--timeout", type=float, default=900.0, help="seconds for one request")
    parser.add_argument("--memory-gb", type=float, default=None, help="cap for one process")
    parser.add_argument("--quick", action="store_true", help="two rounds of 200 ms")
    parser.add_argument("--out", default=None, help="results without suffix; '' writes nothing")
    options = parser.parse_args(argv)
    options.peers = {}
    for given in options.peers_python:
        name, separator, python = given.rpartition("=")
        options.peers[name if separator else ""] = python
    if options.memory_gb is None:
        options.memory_gb = 0.8 * _machine.memory_available_mb() / 1024
    if options.quick:
        options.repeats = 2
    return options


def main(argv=None) -> None:
    """Run the cells, printing each and rewriting the results after each."""
    options = arguments(argv)
    machine = _machine.describe(max(THREADS))
    date = datetime.date.today().isoformat()
    path = options.out
    if path is None:
        file = f"{date}-simulation-{_machine.slug(machine)}"
        path = os.path.join("bench", "results", file)
    results = {
        "date": date,
        "machine": machine,
        "subject": options.subject,
        "precision": options.precision,
        "networks": MODELS,
        "versions": {},
        "cells": {},
    }
    if path and os.path.exists(path + ".json"):
        with open(path + ".json") as before:
            earlier = json.load(before)
        results |= {name: earlier[name] for name in ("versions", "cells")}
    with tempfile.TemporaryFile() as log, tempfile.TemporaryDirectory() as options.kernels:
        for name in select(options.cells):
            began = time.perf_counter()
            cell = run_cell(name, options, log)
            for competitor, entry in cell["competitors"].items():
                if "versions" in entry:
                    results["versions"][competitor] = entry.pop("versions")
            results["cells"][name] = cell
            results["cells"] = {
                name: results["cells"][name] for name in TABLE if name in results["cells"]
            }
            print(_simulation_report.as_text(name, cell, time.perf_counter() - began), flush=True)
            if path:
                _report.write(path, results, _simulation_report.markdown)


if __name__ == "__main__":
    main()
