"""Brian2, C++ standalone: one program, built once and started anew with each weight.

Single precision; the program is started directly, and ends before it writes results to the disk.
"""

import tempfile
import time

import brian2 as b
import numpy as np

from .._models_simulation._brian2 import COUNT, execute, mark
from . import _circuit as c
from ._brian2 import network


def measure(request: dict) -> dict:
    """Return the time to build, and from some runs, the time of all."""
    folder = tempfile.TemporaryDirectory()
    began = time.perf_counter()
    b.set_device("cpp_standalone", build_on_run=False)
    b.prefs.core.default_float_dtype = np.float32
    mark("started")
    group, net = network()
    net.run(0 * b.ms)
    mark("created")
    net.run(request["ticks"] * c.DT * b.ms)
    mark("done")
    array = b.device.get_array_name(group.variables["fired"])
    code = COUNT.replace("NEURONS", str(c.NEURONS)).replace("ARRAY", array)
    b.device.insert_code("main", code)
    b.device.build(directory=folder.name, compile=True, run=False)
    compile_s = time.perf_counter() - began
    each, inside, spikes = [], [], []
    for weight in c.weights(request["runs"]):
        began = time.perf_counter()
        at, count, _ = execute(folder.name, f"cells.we={weight * 1e-6:.9g}")
        each.append(time.perf_counter() - began)
        inside.append(at["done"] - at["created"])
        spikes.append(count)
    seconds = request["ticks"] * c.DT * 1e-3
    return {
        "compile_s": compile_s,
        "us_per_tick": float(np.median(inside)) / request["ticks"] * 1e6,
        "compile_sweep_s": compile_s,
        "sweep_s": float(np.mean(each)) * request["circuits"],
        "sweep": f"one by one, from {request['runs']} runs",
        "rate_hz": float(np.mean(spikes)) / c.NEURONS / seconds,
    }


if __name__ == "__main__":
    c.answer(measure, ["brian2", "numpy"])
