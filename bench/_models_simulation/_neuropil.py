"""neuropil: the networks as a user of the library writes them; all weights and targets are listed.

A run starts from the state after the warm ticks. Spikes are counted in a run of their own, which is
the same to the bit, so that what is timed records nothing, as with the peers.
"""

import time

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from neuropil.cells import AbsoluteRefractory, Crossing, HardReset, lif, traub_miles
from neuropil.connectivity import Sparse
from neuropil.core import Network, Population, Projection, Record, RunState, simulate
from neuropil.numerics import Integrator
from neuropil.synapses import ExponentialConductance, ExponentialCurrent

from ._networks import DT, Run, Task
from ._serve import peak_mb

KINDS = {"excitation": "exc", "inhibition": "inh"}
CHUNK = 1000  # rows of synapses


def population(size: int, numbers: dict, integrator: Integrator) -> Population:
    """Neurons of one of the two kinds; both kinds are alike."""
    if "leak" in numbers:
        receptors = {
            name: ExponentialConductance(numbers[name]["tau"], numbers[name]["reversal"])
            for name in KINDS
        }
    else:
        receptors = {name: ExponentialCurrent(numbers[name]["tau"]) for name in KINDS}
    if "sodium" in numbers:
        own = ("capacitance", "sodium", "potassium", "leak", "rest", "shift")
        own += ("sodium_reversal", "potassium_reversal")
        return traub_miles(
            size,
            **{name: numbers[name] for name in own},
            leak_reversal=numbers["rest"],
            detection=Crossing(numbers["detection"]),
            receptors=receptors,
            integrator=integrator,
        )
    resistance = 1.0 / numbers["leak"] if "leak" in numbers else 1.0
    tau = numbers["capacitance"] * resistance if "leak" in numbers else numbers["tau"]
    return lif(
        size,
        tau=tau,
        rest=numbers["rest"],
        threshold=numbers["threshold"],
        resistance=resistance,
        reset=HardReset(numbers["reset"]),
        refractory=AbsoluteRefractory(numbers["refractory"]),
        receptors=receptors,
        integrator=integrator,
    )


def synapses(source: int, target: int, task: Task, random) -> Sparse:
    """Every pair with one probability; as many targets as that gives, drawn one by one."""
    counts = random.binomial(target, task.probability, source)
    starts = np.concatenate([[0], np.cumsum(counts)])
    targets = np.empty(starts[-1], np.int32)
    for first in range(0, source, CHUNK):  # so that memory is that of the result
        own = counts[first : first + CHUNK]
        rows = np.repeat(np.arange(own.size) * target, own)
        in_order = np.sort(rows + random.integers(0, target, rows.size)) % target
        targets[starts[first] : starts[first] + in_order.size] = in_order
    return Sparse(source, target, starts, targets, ticks=1)


def network(task: Task, random, integrator: Integrator) -> Network:
    """Both kinds, and the projections from each to each."""
    numbers = task.numbers
    sizes = {"exc": task.excitatory, "inh": task.neurons - task.excitatory}
    projections = []
    for port, source in KINDS.items():
        for target in sizes:
            kind = synapses(sizes[source], sizes[target], task, random)
            weight = np.full(kind.weight_shape, numbers[port]["weight"], np.float32)
            projections.append(Projection(source, f"{target}.{port}", kind, weight))
    nodes = {name: population(size, numbers, integrator) for name, size in sizes.items()}
    return Network(nodes, tuple(projections), "exc")


def drawn(state, numbers: dict, random):
    """Return a population's state with the variables drawn with which the run begins."""
    size = state.cells["v"].shape
    if "start" not in numbers:
        v = random.uniform(numbers["reset"], numbers["threshold"], size)
        return state._replace(cells={"v": jnp.asarray(v, float)})
    v = random.normal(*numbers["start"]["v"], size)
    receptors = {
        name: jnp.asarray(np.maximum(random.normal(*numbers["start"][name], size), 0.0), float)
        for name in KINDS
    }
    gates = {name: jnp.zeros(size) for name in "mhn" if name in state.cells}
    cells = {**state.cells, **gates, "v": jnp.asarray(v, float)}
    return state._replace(cells=cells, receptors=receptors)


@eqx.filter_jit
def advance(network, state, ticks, record=None):
    """Run some ticks; return the state after, and what is recorded."""
    key = jax.random.key(0)
    state, records = simulate(
        network, None, dt=DT, key=key, state=state, ticks=ticks, output=None, record=record
    )
    return state, records.kept


def build(task: Task, integrator: Integrator):
    """Return a function that runs the timed ticks from the state after the warm ones."""
    began = time.perf_counter()
    random = np.random.default_rng(task.seed)
    net = network(task, random, integrator)
    rest = net.init(key=jax.random.key(task.seed))
    nodes = {name: drawn(state, task.numbers, random) for name, state in rest.nodes.items()}
    start = RunState(rest._replace(nodes=nodes), jnp.zeros((), jnp.int32))
    notes = {"synapses": int(sum(p.weight.size for p in net.projections))}
    notes["create_s"] = time.perf_counter() - began

    began = time.perf_counter()
    timed = advance.lower(net, start, task.ticks).compile()
    notes["compile_s"] = time.perf_counter() - began

    warm, _ = advance(net, start, round(task.warm / DT))
    counts = {name: Record(name, encode=jnp.sum) for name in nodes}
    _, kept = advance(net, warm, task.ticks, counts)
    total = sum(float(np.sum(np.asarray(count, float))) for count in kept.values())
    rate = total / task.neurons / (task.ticks * DT * 1e-3)

    def run() -> Run:
        began = time.perf_counter()
        after, _ = timed(net, warm, task.ticks)
        jax.block_until_ready(eqx.filter(after, eqx.is_array))
        return Run(time.perf_counter() - began, rate, peak_mb())

    return run, notes
