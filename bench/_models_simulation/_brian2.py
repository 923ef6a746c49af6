"""Brian2 with its C++ standalone device: the whole simulation is one compiled program.

The program makes neurons and synapses and then runs, every time it is started. Brian2's own way of
writing these networks, with its default compiler flags; added is a counter of spikes at the reset,
which costs next to nothing, and the times at which the program gets where it is printed. It ends
before results are written to the disk. Weights are numbers in the code, not one per synapse.
"""

import ctypes
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import brian2 as b
import numpy as np

from ._networks import DT, Run, Task

COBA = """
dv/dt = (leak * (rest - v) + ge * (above - v) + gi * (below - v)) / capacitance
    : volt (unless refractory)
dge/dt = -ge / tau_e : siemens
dgi/dt = -gi / tau_i : siemens
fired : integer
"""
CUBA = """
dv/dt = (ge + gi + rest - v) / tau : volt (unless refractory)
dge/dt = -ge / tau_e : volt
dgi/dt = -gi / tau_i : volt
fired : integer
"""
HH = """
dv/dt = (leak * (rest - v) + ge * (above - v) + gi * (below - v)
    + sodium * m**3 * h * (sodium_reversal - v)
    + potassium * n**4 * (potassium_reversal - v)) / capacitance : volt
dm/dt = alpha_m * (1 - m) - beta_m * m : 1
dh/dt = alpha_h * (1 - h) - beta_h * h : 1
dn/dt = alpha_n * (1 - n) - beta_n * n : 1
dge/dt = -ge / tau_e : siemens
dgi/dt = -gi / tau_i : siemens
x = (v - shift) / mV : 1
alpha_m = 1.28 / exprel((13 - x) / 4) / ms : Hz
beta_m = 1.4 / exprel((x - 40) / 5) / ms : Hz
alpha_h = 0.128 * exp((17 - x) / 18) / ms : Hz
beta_h = 4 / (1 + exp((40 - x) / 5)) / ms : Hz
alpha_n = 0.16 / exprel((15 - x) / 5) / ms : Hz
beta_n = 0.5 * exp((10 - x) / 40) / ms : Hz
fired : integer
"""
EQUATIONS = {"coba": COBA, "cuba": CUBA, "hh": HH}
METHODS = {"coba": "exponential_euler", "cuba": "exact", "hh": "exponential_euler"}
UNITS = {
    "capacitance": b.nF,
    "leak": b.uS,
    "sodium": b.uS,
    "potassium": b.uS,
    "tau": b.ms,
    "refractory": b.ms,
}
CLOCK = """
{
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    std::cout << "bench NAME " << now.tv_sec << " " << now.tv_nsec << std::endl;
}
"""
COUNT = """
{
    long long count = 0;
    for (int i = 0; i < NEURONS; i++) count += brian::ARRAY[i];
    std::cout << "bench spikes " << count << " 0" << std::endl;
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.rfind("VmHWM:", 0) == 0)
            std::cout << "bench peak_kb " << std::stol(line.substr(6)) << " 0" << std::endl;
    _exit(0);
}
"""


def mark(name):
    """Have the program print the time when it gets here."""
    b.device.insert_code("main", CLOCK.replace("NAME", name))


def _namespace(numbers):
    unit = b.mV if "capacitance" not in numbers else b.uS
    exc, inh = numbers["excitation"], numbers["inhibition"]
    plain = {n: v * UNITS.get(n, b.mV) for n, v in numbers.items() if isinstance(v, float)}
    plain |= {"tau_e": exc["tau"] * b.ms, "tau_i": inh["tau"] * b.ms}
    plain |= {"we": exc["weight"] * unit, "wi": inh["weight"] * unit}
    reversals = {"above": exc, "below": inh}
    return plain | {n: k["reversal"] * b.mV for n, k in reversals.items() if "reversal" in k}


def _draw(group, numbers, random):
    """Set the variables at the start; the numbers travel with the program, as arrays."""
    size = len(group)
    if "start" not in numbers:
        group.v = random.uniform(numbers["reset"], numbers["threshold"], size) * b.mV
        return
    for variable, name, unit in (("ge", "excitation", b.uS), ("gi", "inhibition", b.uS)):
        mean, spread = numbers["start"][name]
        setattr(group, variable, np.maximum(random.normal(mean, spread, size), 0.0) * unit)
    mean, spread = numbers["start"]["v"]
    group.v = random.normal(mean, spread, size) * b.mV


def _describe(task: Task, method: str):
    """Return the objects of the network."""
    numbers = task.numbers
    is_spiking = task.kind == "hh"
    group = b.NeuronGroup(
        task.neurons,
        EQUATIONS[task.kind],
        threshold="v > detection" if is_spiking else "v > threshold",
        reset="fired += 1" if is_spiking else "v = reset; fired += 1",
        refractory="v > detection" if is_spiking else numbers["refractory"] * b.ms,
        method=method,
        namespace=_namespace(numbers),
    )
    _draw(group, numbers, np.random.default_rng(task.seed))
    projections = []
    parts = (group[: task.excitatory], "ge += we"), (group[task.excitatory :], "gi += wi")
    for source, on_pre in parts:
        synapses = b.Synapses(source, group, on_pre=on_pre, namespace=group.namespace)
        synapses.connect(p=task.probability)
        projections.append(synapses)
    return group, projections


def build(task: Task, methods: Mapping[str, str] = METHODS):
    """Generate and compile the program; running it makes the synapses and simulates.

    `methods` are the numerical schemes of the equations, by name.
    """
    if task.kind not in methods:
        raise ValueError("not run with this scheme")
    method = methods[task.kind]
    folder = tempfile.TemporaryDirectory()
    b.set_device("cpp_standalone", build_on_run=False)
    b.prefs.core.default_float_dtype = np.float32 if task.precision == "single" else np.float64
    if task.threads > 1:
        b.prefs.devices.cpp_standalone.openmp_threads = task.threads
    b.defaultclock.dt = DT * b.ms
    b.seed(task.seed)
    mark("started")
    group, projections = _describe(task, method)
    network = b.Network(group, *projections)
    network.run(0 * b.ms)
    mark("created")
    network.run(task.warm * b.ms)
    group.fired = 0
    mark("warm")
    network.run(task.timed * b.ms)
    mark("done")
    array = b.device.get_array_name(group.variables["fired"])
    code = COUNT.replace("NEURONS", str(task.neurons)).replace("ARRAY", array)
    b.device.insert_code("main", code)
    start = time.perf_counter()
    b.device.build(directory=folder.name, compile=True, run=False)
    notes = {"compile_s": time.perf_counter() - start, "method": method}

    def run() -> Run:
        at, spikes, peak = execute(folder.name)
        rate = spikes / task.neurons / (task.timed * 1e-3)
        return Run(at["done"] - at["warm"], rate, peak, at["created"] - at["started"])

    return run, notes


def _end_with_parent():
    """Have the program killed where this worker is, when it goes over its limits."""
    set_death_signal = 1  # PR_SET_PDEATHSIG
    ctypes.CDLL(None).prctl(set_death_signal, signal.SIGKILL)


def execute(folder: str, *arguments: str) -> tuple[dict[str, float], int, float]:
    """Run the program; return when it got where (s), the count of spikes, and its memory (MB)."""
    program = [str(Path(folder) / "main"), *arguments]
    printed = subprocess.check_output(program, cwd=folder, text=True, preexec_fn=_end_with_parent)
    lines = [line.split() for line in printed.splitlines() if line.startswith("bench ")]
    found = {name: (int(first), int(second)) for _, name, first, second in lines}
    spikes, peak_kb = found.pop("spikes")[0], found.pop("peak_kb")[0]
    at = {name: first + second * 1e-9 for name, (first, second) in found.items()}
    return at, spikes, peak_kb / 1024
