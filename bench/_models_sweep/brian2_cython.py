"""Brian2 at run time, with Cython: one network, restored before each run with another weight.

Double precision, which is what it takes by default.
"""

import tempfile
import time

import brian2 as b
import numpy as np

from . import _circuit as c
from ._brian2 import network


def measure(request: dict) -> dict:
    """Return the time of the first run, and from some runs, the time of all."""
    folder = tempfile.TemporaryDirectory()
    b.prefs.codegen.target = "cython"
    b.prefs.codegen.runtime.cython.cache_dir = folder.name
    duration = request["ticks"] * c.DT * b.ms
    began = time.perf_counter()
    group, net = network()
    net.store()
    net.run(c.DT * b.ms)
    compile_s = time.perf_counter() - began
    each, spikes = [], []
    for weight in c.weights(request["runs"]):
        began = time.perf_counter()
        net.restore()
        group.we = float(weight) * b.uS
        net.run(duration)
        each.append(time.perf_counter() - began)
        spikes.append(int(np.sum(group.fired[:])))
    mean = float(np.mean(each))
    return {
        "compile_s": compile_s,
        "us_per_tick": mean / request["ticks"] * 1e6,
        "compile_sweep_s": compile_s,
        "sweep_s": mean * request["circuits"],
        "sweep": f"one by one, from {request['runs']} runs",
        "rate_hz": float(np.mean(spikes)) / c.NEURONS / (request["ticks"] * c.DT * 1e-3),
    }


if __name__ == "__main__":
    c.answer(measure, ["brian2", "numpy"])
