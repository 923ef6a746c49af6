"""NEST: its own neurons with exponential synapses, always in double precision.

COBA is solved there with an adaptive Runge-Kutta step, which is far dearer than one step a tick.
The smallest delay is one tick. The network goes on from one run to the next.
"""

import time

import numpy as np

from ._networks import DT, Run, Task
from ._serve import peak_mb, serve

NEURONS = {"coba": "iaf_cond_exp", "cuba": "iaf_psc_exp"}
CUBA_CAPACITANCE = 200.0  # pF; any will do, weights are scaled by it


def _parameters(task: Task) -> tuple[dict, float, float]:
    """Return the neuron's parameters and the two weights, in NEST's units (pF, nS, pA)."""
    numbers = task.numbers
    exc, inh = numbers["excitation"], numbers["inhibition"]
    common = {"E_L": numbers["rest"], "tau_syn_ex": exc["tau"], "tau_syn_in": inh["tau"]}
    if task.kind == "cuba":
        scale = CUBA_CAPACITANCE / numbers["tau"]
        own = {"C_m": CUBA_CAPACITANCE, "tau_m": numbers["tau"], "V_th": numbers["threshold"]}
        own |= {"V_reset": numbers["reset"], "t_ref": numbers["refractory"]}
        return common | own, exc["weight"] * scale, inh["weight"] * scale
    own = {"C_m": numbers["capacitance"] * 1e3, "g_L": numbers["leak"] * 1e3}
    own |= {"E_ex": exc["reversal"], "E_in": inh["reversal"]}
    own |= {"V_th": numbers["threshold"], "V_reset": numbers["reset"]}
    own |= {"t_ref": numbers["refractory"]}
    return common | own, exc["weight"] * 1e3, -inh["weight"] * 1e3


def build(task: Task):
    """Create neurons and synapses, and let the network settle."""
    if task.kind == "hh":
        raise ValueError("NEST's neuron takes no conductances to start from")
    import nest  # prints, which must not reach the protocol

    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.ResetKernel()
    nest.set(resolution=DT, local_num_threads=task.threads, rng_seed=task.seed, print_time=False)
    parameters, excitation, inhibition = _parameters(task)
    neurons = nest.Create(NEURONS[task.kind], task.neurons, params=parameters)
    _draw(neurons, task)
    rule = {"rule": "pairwise_bernoulli", "p": task.probability}
    kinds = (neurons[: task.excitatory], excitation), (neurons[task.excitatory :], inhibition)
    for source, weight in kinds:
        nest.Connect(source, neurons, rule, {"weight": weight, "delay": DT})
    nest.Prepare()
    nest.Run(task.warm)

    def run() -> Run:
        start = time.perf_counter()
        nest.Run(task.timed)
        seconds = time.perf_counter() - start
        rate = nest.local_spike_counter / task.neurons / (task.timed * 1e-3)  # of this run
        return Run(seconds, rate, peak_mb())

    return run, {"solver": NEURONS[task.kind], "precision": "double"}


def _draw(neurons, task: Task):
    """Set the variables at the start."""
    numbers, random = task.numbers, np.random.default_rng(task.seed)
    if "start" not in numbers:
        neurons.V_m = random.uniform(numbers["reset"], numbers["threshold"], task.neurons).tolist()
        return
    for variable, name in (("g_ex", "excitation"), ("g_in", "inhibition")):
        mean, spread = numbers["start"][name]
        drawn = np.maximum(random.normal(mean, spread, task.neurons), 0.0) * 1e3
        neurons.set({variable: drawn.tolist()})
    mean, spread = numbers["start"]["v"]
    neurons.V_m = random.normal(mean, spread, task.neurons).tolist()


if __name__ == "__main__":
    serve(build, ["nest-simulator", "numpy"])
