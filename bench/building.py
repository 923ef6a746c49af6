"""Time and memory to build connectivity, each in a process of its own.

`python -m bench.building`: between 100,000 neurons, of as many synapses as `--synapses` says. What
is counted begins when libraries are loaded and lists that are given have been made.
"""

import argparse
import datetime
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import jax
import numpy as np

from neuropil.connectivity import (
    fixed_in_degree,
    fixed_out_degree,
    fixed_probability,
    from_edges,
    normal_ticks,
    read_edges,
)

from ._machine import describe

N = 100_000
KEY = jax.random.key(0)


def edges(n: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {name: rng.integers(0, N, n, np.int32) for name in ("pre", "post")}


def listed(n: int):
    given = edges(n) | {"weight": np.ones(n, np.float32)}
    return lambda: from_edges(N, N, **given)[0]


def table(n: int):
    path = Path(tempfile.mkdtemp(), "edges.csv")
    given = edges(n)
    with open(path, "w") as file:
        file.write("pre,post,weight\n")
        for first in range(0, n, 2**20):
            rows = zip(
                *(ends[first : first + 2**20].tolist() for ends in given.values()), strict=True
            )
            file.writelines(f"{pre},{post},0.125\n" for pre, post in rows)

    def read():
        sparse = read_edges(path, N, N)[0]
        path.unlink()
        path.parent.rmdir()
        return sparse

    return read


LATE = normal_ticks(1.5, 0.75, dt=0.1)
BUILDERS = {
    "fixed_probability": lambda n: lambda: fixed_probability(N, N, n / N**2, KEY),
    "fixed_probability, delays": lambda n: (
        lambda: fixed_probability(N, N, n / N**2, KEY, ticks=LATE)
    ),
    "fixed_out_degree": lambda n: lambda: fixed_out_degree(N, N, n // N, KEY),
    "fixed_in_degree": lambda n: lambda: fixed_in_degree(N, N, n // N, KEY),
    "from_edges": listed,
    "read_edges": table,
}


def peak() -> int:
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def measure(name: str, n: int) -> dict:
    jax.numpy.zeros(1).block_until_ready()
    build, before = BUILDERS[name](n), peak()
    start = time.perf_counter()
    synapses = build().targets.size
    seconds = time.perf_counter() - start
    return {
        "builder": name,
        "synapses": synapses,
        "seconds": round(seconds, 2),
        "ns_a_synapse": round(1e9 * seconds / synapses, 1),
        "peak_gb": round(peak() / 1e9, 2),
        "bytes_a_synapse_above_what_was_given": round((peak() - before) / synapses, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--synapses", type=int, default=100_000_000)
    parser.add_argument("--only", choices=BUILDERS)
    parser.add_argument("--out", type=Path, default=Path("bench/results"))
    options = parser.parse_args()
    if options.only:
        print(json.dumps(measure(options.only, options.synapses)))
        return
    results = {"date": str(datetime.date.today()), "machine": describe(1), "entries": []}
    for name in BUILDERS:
        command = [sys.executable, "-m", "bench.building", "--only", name]
        command += ["--synapses", str(options.synapses)]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        results["entries"].append(json.loads(printed))
        print(results["entries"][-1], flush=True)
        write(results, options.out / f"{results['date']}-building")


def write(results: dict, path: Path) -> None:
    machine, heads = results["machine"], list(results["entries"][0])
    lines = [
        "# Building connectivity between 100,000 neurons",
        "",
        f"Measured {results['date']} on one core of {machine['cpu']}, {machine['memory_gb']} GB, "
        f"{machine['system']}; load at the start {machine['load_at_start']}.",
        "",
        f"| {' | '.join(head.replace('_', ' ') for head in heads)} |",
        f"|{' --- |' * len(heads)}",
    ]
    lines += [f"| {' | '.join(str(e[head]) for head in heads)} |" for e in results["entries"]]
    path.with_suffix(".json").write_text(json.dumps(results, indent=1) + "\n")
    path.with_suffix(".md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
