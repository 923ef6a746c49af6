"""Time and memory of a training step, neuropil against its peers, on one machine in one run.

One process per competitor and cell. The processes take turns (A B C A B C ...), all others idle, so
that a drift of the machine cancels in the ratios. From the root of the repository:

    python -m bench.training --peers-python PYTHON [spyx=PYTHON]
    python -m bench.training --peers-python PYTHON --cells 'ff-T100-*' rec-T500-B16 --quick
"""

import argparse
import datetime
import fnmatch
import os
import sys
import tempfile
import time

from . import _machine, _report, _roofline, _worker
from ._models import _problem

COMPETITORS = ["neuropil", "bare_jax", "snntorch", "spikingjelly", "norse", "spyx"]
STEPS, BATCHES = (100, 500, 2000), (1, 16, 64, 256)
TABLE = [f"{net}-T{t}-B{b}" for net in ("ff", "rec") for t in STEPS for b in BATCHES]
USER = [f"user-T{t}-B{b}" for t, b in ((100, 64), (500, 1), (500, 16), (500, 64), (2000, 16))]
SEED = 20


def parse_cell(name: str) -> tuple[str, str, int, int]:
    """`user-T500-B16` to (network "ff", cell "user", 500, 16)."""
    kind, steps, batch = name.split("-")
    network, cell = ("ff", "user") if kind == "user" else (kind, "builtin")
    return network, cell, int(steps[1:]), int(batch[1:])


def select(patterns: list[str]) -> list[str]:
    """The cells that match any pattern, in table order."""
    every = TABLE + USER
    chosen = [cell for cell in every if any(fnmatch.fnmatch(cell, p) for p in patterns)]
    if not chosen:
        sys.exit(f"--cells: got {' '.join(patterns)}; expected patterns over: {' '.join(every)}")
    return chosen


def prepare(process, request: dict, limits: _worker.Limits) -> dict:
    """Build, compile (first call) and time one more step, unless the first tells enough."""
    built = _worker.ask(process, request, limits)
    first = _worker.ask(process, {"do": "step", "n": 1}, limits)
    last, losses = first, first["losses"]
    if built["notes"]["compiles"] or first["seconds"] < 5.0:
        last = _worker.ask(process, {"do": "step", "n": 1}, limits)
        losses = losses + last["losses"]
    return {
        "status": "ok",
        "versions": built["versions"],
        "threads": built["notes"]["threads"],
        "build_s": built["seconds"],
        "first_call_s": first["seconds"],
        "estimate_s": last["seconds"],
        "losses": losses,
        "memory_before_mb": built["memory_before_mb"],
        "peak_mb": last["peak_mb"],
        "rounds_s": [],
    }


def make_room(processes: dict, active: str | None, limits: _worker.Limits) -> None:
    """Where memory is short, let the idle workers return what they have freed."""
    if _machine.memory_available_mb() > 0.7 * _machine.memory_mb():
        return
    for name, process in processes.items():
        if name != active and _worker.resident_mb(process.pid) > 1024:
            _worker.ask(process, {"do": "trim"}, limits)


def turns(entries: dict, options) -> tuple[dict[str, int], int]:
    """Steps per turn of each worker (`options.turn` seconds, at least one), and rounds."""
    estimates = {name: e["estimate_s"] for name, e in entries.items() if e["status"] == "ok"}
    each = {name: max(1, min(50, int(options.turn / s))) for name, s in estimates.items()}
    one_round = sum(each[name] * seconds for name, seconds in estimates.items())
    return each, max(2, min(options.repeats, int(options.cell_seconds / max(one_round, 1e-9))))


def alternate(processes: dict, entries: dict, options, limits) -> None:
    """Let the workers take turns."""
    each, rounds = turns(entries, options)
    for _ in range(rounds):
        for name in list(processes):
            make_room(processes, name, limits)
            time.sleep(0.05)  # let the threads of the one before go to sleep
            request = {"do": "step", "n": each[name]}
            try:
                reply = _worker.ask(processes[name], request, limits)
            except _worker.WorkerError as error:
                entries[name] = {"status": str(error)}
                del processes[name]
                continue
            entries[name]["rounds_s"].append(reply["seconds"])
            entries[name]["losses"] += reply["losses"]
            entries[name]["peak_mb"] = reply["peak_mb"]


def run_cell(name: str, options, peak: _roofline.Peak, log) -> dict:
    """All competitors on one cell."""
    network, cell, steps, batch = parse_cell(name)
    limits = _worker.Limits(options.timeout, options.memory_gb * 1024)
    entries, processes = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        _problem.write_inputs(folder, steps, batch, SEED)
        problem = _problem.load(folder, network, SEED)
        rates = _problem.firing_rates(problem)
        request = {"do": "build", "folder": folder, "network": network, "cell": cell, "seed": SEED}
        try:
            for competitor in options.competitors:
                python = _worker.python_of(competitor, "", options.peers)
                if python is None:
                    entries[competitor] = {"status": "no interpreter given"}
                else:
                    processes[competitor] = _worker.start(competitor, python, options.threads, log)
            for competitor in list(processes):
                make_room(processes, None, limits)
                try:
                    entries[competitor] = prepare(processes[competitor], request, limits)
                except _worker.WorkerError as error:
                    entries[competitor] = {"status": str(error)}
                    del processes[competitor]
            alternate(processes, entries, options, limits)
        finally:
            for process in processes.values():
                _worker.stop(process)
    for entry in entries.values():
        if entry.get("rounds_s"):
            entry["seconds"] = _report.spread(entry["rounds_s"])
            entry["compile_s"] = max(0.0, entry["first_call_s"] - entry["seconds"]["median"])
            entry["losses"] = entry["losses"][:10]
    return {
        "rates": rates,
        "floor": vars(_roofline.floor(network, steps, batch, rates, peak)),
        "competitors": entries,
        "ratios": _report.ratios(entries, options.subject),
    }


def show(name: str, cell: dict, seconds: float) -> None:
    """Print one cell."""
    floor = cell["floor"]
    rates = ", ".join(f"{layer} {100 * rate:.1f} %" for layer, rate in cell["rates"].items())
    print(
        f"{name}  (floor: dense {floor['dense_ms']:.2f} ms, event {floor['event_ms']:.2f} ms, "
        f"bytes {floor['bytes_ms']:.2f} ms; firing {rates}; took {seconds:.0f} s)"
    )
    for competitor, entry in cell["competitors"].items():
        if "seconds" not in entry:
            print(f"  {competitor:13s} {entry['status']}")
            continue
        ratio = cell["ratios"].get(competitor)
        relative = f"{ratio['median']:6.2f} [{ratio['q1']:.2f}, {ratio['q3']:.2f}]" if ratio else ""
        losses = " ".join(f"{loss:.5f}" for loss in entry["losses"][:4])
        print(
            f"  {competitor:13s} {entry['seconds']['median'] * 1e3:9.2f} ms  {relative:24s} "
            f"{entry['peak_mb']:7.0f} MB  {entry['threads']} threads  "
            f"first {entry['first_call_s']:6.2f} s  losses {losses}"
        )
    sys.stdout.flush()


def arguments(argv=None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.training", description=__doc__.split("\n")[0]
    )
    parser.add_argument(
        "--peers-python",
        nargs="+",
        default=[],
        metavar="[NAME=]PYTHON",
        help="interpreter with the peers installed; NAME=PYTHON for a single one",
    )
    parser.add_argument("--cells", nargs="+", default=["*"], help="patterns such as 'ff-T500-*'")
    parser.add_argument("--competitors", nargs="+", default=COMPETITORS, choices=COMPETITORS)
    parser.add_argument("--subject", default="neuropil", help="ratios are to this competitor")
    parser.add_argument("--repeats", type=int, default=5, help="rounds of turns per cell")
    parser.add_argument("--turn", type=float, default=0.3, help="seconds per turn, at least a step")
    parser.add_argument(
        "--cell-seconds", type=float, default=25.0, help="cap on all rounds of a cell"
    )
    parser.add_argument("--timeout", type=float, default=120.0, help="seconds for one request")
    parser.add_argument("--memory-gb", type=float, default=None, help="cap for one process")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--quick", action="store_true", help="two short rounds")
    parser.add_argument("--out", default=None, help="results without suffix; '' writes nothing")
    options = parser.parse_args(argv)
    options.peers = {}
    for given in options.peers_python:
        name, separator, python = given.rpartition("=")
        options.peers[name if separator else ""] = python
    if options.memory_gb is None:
        options.memory_gb = 0.8 * _machine.memory_available_mb() / 1024
    if options.quick:
        options.repeats, options.turn, options.cell_seconds = 2, 0.1, 10.0
    return options


def main(argv=None) -> None:
    """Run the cells, printing each and rewriting the results after each."""
    options = arguments(argv)
    machine = _machine.describe(options.threads)
    peak = _roofline.measure(options.threads)
    print(
        f"{machine['cpu']}, {machine['threads']} threads; GEMM {peak.gflops:.0f} GFLOP/s, "
        f"memory {peak.gbytes:.0f} GB/s"
    )
    date = datetime.date.today().isoformat()
    path = options.out
    if path is None:
        path = os.path.join("bench", "results", f"{date}-{_machine.slug(machine)}")
    results = {
        "date": date,
        "machine": machine,
        "peak": vars(peak),
        "subject": options.subject,
        "problem": _problem.describe(),
        "competitors": options.competitors,
        "versions": {},
        "cells": {},
    }
    with tempfile.TemporaryFile() as log:
        for name in select(options.cells):
            start = time.perf_counter()
            cell = run_cell(name, options, peak, log)
            for competitor, entry in cell["competitors"].items():
                if "versions" in entry:
                    results["versions"][competitor] = entry.pop("versions")
            results["cells"][name] = cell
            show(name, cell, time.perf_counter() - start)
            if path:
                _report.write(path, results)


if __name__ == "__main__":
    main()
