"""Runs in processes of their own: `python streamed.py WHAT FOLDER TICKS [LIMIT or PAUSE]`."""

import json
import resource
import sys
import time
from pathlib import Path

import jax
import numpy as np

from neuropil.analysis import pack_spikes
from neuropil.cells import AbsoluteRefractory, lif
from neuropil.coding import PoissonSource
from neuropil.connectivity import from_edges
from neuropil.core import Network, Projection, Record, simulate_to

KEY, DT, SIZE = jax.random.key(5), 0.5, 60


def network():
    """A loop of listed synapses with delays, driven at random."""
    rng = np.random.default_rng(0)
    pre, post = rng.integers(0, SIZE, (2, 6 * SIZE))
    late = rng.integers(1, 9, pre.size)
    back, weight = from_edges(
        SIZE, SIZE, pre, post, weight=rng.normal(0.0, 0.2, pre.size), ticks=late
    )
    drive, strength = from_edges(SIZE, SIZE, np.arange(SIZE), np.arange(SIZE), weight=0.6)
    return Network(
        {
            "in": PoissonSource(SIZE, 100.0),
            "cells": lif(SIZE, tau=10.0, refractory=AbsoluteRefractory(2.0)),
        },
        (
            Projection("in", "cells", drive, strength),
            Projection("cells", "cells", back, weight),
        ),
        "cells",
    )


RECORD = {"spikes": Record("cells", encode=pack_spikes), "v": Record("cells.v")}


def run(folder, ticks, pause=0.0):
    def nothing(first, count):
        time.sleep(pause)

    record, options = RECORD, {"dt": DT, "key": KEY, "show": False, "piece": 1000, "resume": True}
    return simulate_to(folder, network(), nothing, record=record, ticks=ticks, **options)


def main(what, folder, ticks, *more):
    if what == "limited":
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(more[0]), resource.RLIM_INFINITY))
        try:
            run(folder, int(ticks))
        except OSError as error:
            print(json.dumps({"error": str(error)}))
        return
    run(folder, int(ticks), *map(float, more))
    peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    size = sum(path.stat().st_size for path in Path(folder).iterdir())
    print(json.dumps({"peak": peak, "bytes": size}))


if __name__ == "__main__":
    main(*sys.argv[1:])
