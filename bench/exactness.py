"""neuropil beside Brian2, run now: the same spikes, and how far potentials are apart.

Brian2 runs in an environment of its own and records what the tests compare with, in full 64-bit
precision; neuropil then runs the same problems. From the root of the repository:

    python -m bench.exactness --brian2 brian/bin/python
"""

import argparse
import datetime
import json
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np

from tests.references import test_cells, test_networks
from tests.references._compare import reference

SCRIPT = "tests.references.make_references"


def problems() -> dict:
    """Return what runs neuropil, by name of the recording."""
    cells = {name: partial(test_cells.run, name) for name in test_cells.MAKERS}
    networks = {
        f"network_{kind}": partial(test_networks.run, kind, test_networks.listed)
        for kind in test_networks.MAKERS
    }
    return cells | networks


def compared(spikes, v, expected) -> dict:
    """Return how many spikes there are, whether all are the same, and the largest deviation."""
    ticks, neurons = np.nonzero(spikes)
    same = np.array_equal(ticks, expected["ticks"]) and np.array_equal(neurons, expected["neurons"])
    deviation = float(np.abs(v - expected["v"]).max() / np.abs(expected["v"]).max())
    return {"spikes": len(expected["ticks"]), "identical": same, "deviation": deviation}


def main() -> int:
    """Run both, print and write a table; 1 where spikes differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--brian2", required=True, help="a Python that has Brian2")
    parser.add_argument("--out", type=Path, default=Path("bench/results"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([options.brian2, "-m", SCRIPT, "--to", folder], check=True)
        found = {}
        for name, run in problems().items():
            expected = reference(name, Path(folder))
            versions = {"brian2": str(expected["brian2"])}
            found[name] = compared(*run(expected=expected), expected) | versions
            print(name, found[name], flush=True)
    name = f"{datetime.date.today().isoformat()}-exactness"
    lines = ["| problem | spikes | identical | potentials apart, relative |", "|---|---|---|---|"]
    lines += [
        f"| {name} | {one['spikes']} | {'yes' if one['identical'] else 'NO'} "
        f"| {one['deviation']:.1e} |"
        for name, one in found.items()
    ]
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n")
    (options.out / f"{name}.md").write_text("\n".join(lines) + "\n")
    return 0 if all(one["identical"] for one in found.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
