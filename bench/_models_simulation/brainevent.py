"""brainevent: its event-driven synapses, in a network of brainpy.state.

Every neuron has the same number of targets, drawn one by one. A neuron counts as refractory from
the tick of its spike on. The network goes on from one run to the next; spikes are counted in a run
of its own. The HH network is not written.
"""

import os
import time

import numpy as np

from ._networks import DT, Run, Task
from ._serve import peak_mb, serve


def _network(task: Task):
    """Return the module; its units are those of the library."""
    import brainpy
    import brainstate
    import brainunit as u

    numbers, random = task.numbers, np.random.default_rng(task.seed)
    is_conductance = task.kind == "coba"
    exc, inh, degree = numbers["excitation"], numbers["inhibition"], round(task.in_degree)
    resistance = 1.0 / numbers["leak"] * u.Mohm if is_conductance else 1.0 * u.ohm
    tau = numbers["capacitance"] / numbers["leak"] if is_conductance else numbers["tau"]
    weight_unit = u.uS if is_conductance else u.mS  # times V and ohm, mS is mV
    if "start" in numbers:
        v = random.normal(*numbers["start"]["v"], task.neurons)
    else:
        v = random.uniform(numbers["reset"], numbers["threshold"], task.neurons)

    def given(values, unit):
        values = values.astype(brainstate.environ.dftype())
        return lambda *args, **kwargs: u.Quantity(values, unit=unit)

    def start(name):
        drawn = random.normal(*numbers["start"][name], task.neurons) if is_conductance else 0 * v
        return given(np.maximum(drawn, 0.0), weight_unit)

    def projection(name, kind, size, post):
        out = brainpy.state.COBA.desc(E=kind["reversal"] * u.mV) if is_conductance else None
        return brainpy.state.AlignPostProj(
            comm=brainstate.nn.EventFixedNumConn(
                size, task.neurons, degree, kind["weight"] * weight_unit, seed=task.seed
            ),
            syn=brainpy.state.Expon.desc(
                task.neurons, tau=kind["tau"] * u.ms, g_initializer=start(name)
            ),
            out=out or brainpy.state.CUBA.desc(scale=u.volt),
            post=post,
        )

    class Both(brainstate.nn.Module):
        def __init__(self):
            super().__init__()
            self.neurons = brainpy.state.LIFRef(
                task.neurons,
                R=resistance,
                tau=tau * u.ms,
                tau_ref=numbers["refractory"] * u.ms,
                V_th=numbers["threshold"] * u.mV,
                V_reset=numbers["reset"] * u.mV,
                V_rest=numbers["rest"] * u.mV,
                V_initializer=given(v, u.mV),
                spk_reset="hard",
            )
            rest = task.neurons - task.excitatory
            self.exc = projection("excitation", exc, task.excitatory, self.neurons)
            self.inh = projection("inhibition", inh, rest, self.neurons)

        def update(self, index):
            with brainstate.environ.context(i=index, t=index * brainstate.environ.get_dt()):
                spikes = self.neurons.get_spike() != 0.0
                self.exc(spikes[: task.excitatory])
                self.inh(spikes[task.excitatory :])
                self.neurons()
                return self.neurons.get_spike()

    return Both()


def build(task: Task):
    """Return a function that runs the timed ticks, after the warm ones."""
    if task.kind == "hh":
        raise ValueError("not written for this library")
    import brainstate
    import brainunit as u
    import jax
    import jax.numpy as jnp

    brainstate.environ.set(dt=DT * u.ms, precision=32 if task.precision == "single" else 64)
    network = _network(task)
    brainstate.nn.init_all_states(network)

    def counted(index):
        return jnp.sum(network.update(index))

    def silent(index):
        network.update(index)

    @brainstate.transform.jit
    def advance(indices):
        brainstate.transform.for_loop(silent, indices)

    @brainstate.transform.jit
    def count(indices):
        return jnp.sum(brainstate.transform.for_loop(counted, indices))

    def indices(first, length):
        return jnp.arange(first, first + length)

    begin = round(task.warm / DT)
    advance(indices(0, begin))
    spikes = float(count(indices(begin, task.ticks)))
    rate = spikes / task.neurons / (task.timed * 1e-3)
    next_tick = begin + task.ticks

    def run() -> Run:
        nonlocal next_tick
        ahead = jax.block_until_ready(indices(next_tick, task.ticks))
        start = time.perf_counter()
        advance(ahead)
        jax.block_until_ready(network.neurons.V.value.mantissa)
        seconds = time.perf_counter() - start
        next_tick += task.ticks
        return Run(seconds, rate, peak_mb())

    return run, {"synapses": task.neurons * round(task.in_degree)}


if __name__ == "__main__":
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
    serve(build, ["brainevent", "brainpy", "brainstate", "jax"])
