"""neuropil: the networks as a user of the library writes them; all weights and targets are listed.

A run starts from the state after the warm ticks. Spikes are counted in a run of their own, which is
the same to the bit, so that what is timed records nothing, as with the peers.
"""

import time

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from neuropil.cells import LIF, AbsoluteRefractory, HardReset, Threshold
from neuropil.connectivity import Sparse
from neuropil.core import Network, Population, Projection, Record, RunState, simulate
from neuropil.numerics import Integrator
from neuropil.synapses import ExponentialConductance, ExponentialCurrent

from ._networks import DT, MODELS, Run, Task
from ._serve import peak_mb

KINDS = {"excitation": "exc", "inhibition": "inh"}


def population(size: int, numbers: dict, integrator: Integrator) -> Population:
    """Neurons of one of the two kinds; both kinds are alike."""
    if "leak" in numbers:
        resistance = 1.0 / numbers["leak"]
        tau = numbers["capacitance"] * resistance
        receptors = {
            name: ExponentialConductance(numbers[name]["tau"], numbers[name]["reversal"])
            for name in KINDS
        }
    else:
        tau, resistance = numbers["tau"], 1.0
        receptors = {name: ExponentialCurrent(numbers[name]["tau"]) for name in KINDS}
    return Population(
        size,
        LIF(tau, numbers["rest"], numbers["threshold"], resistance, HardReset(numbers["reset"])),
        Threshold(),
        integrator,
        receptors,
        AbsoluteRefractory(numbers["refractory"]),
    )


def synapses(source: int, target: int, task: Task, random) -> Sparse:
    """Every pair with one probability; as many targets as that gives, drawn one by one."""
    counts = random.binomial(target, task.probability, source)
    starts = np.concatenate([[0], np.cumsum(counts)])
    rows = np.repeat(np.arange(source) * target, counts)
    in_order = np.sort(rows + random.integers(0, target, rows.size)) % target
    return Sparse(source, target, starts, in_order, ticks=1)


def network(task: Task, random, integrator: Integrator) -> Network:
    """Both kinds, and the projections from each to each."""
    numbers = MODELS[task.model]
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
        return state._replace(cells={"v": jnp.asarray(v, jnp.float32)})
    v = random.normal(*numbers["start"]["v"], size)
    receptors = {
        name: jnp.asarray(np.maximum(random.normal(*numbers["start"][name], size), 0.0), float)
        for name in KINDS
    }
    return state._replace(cells={"v": jnp.asarray(v, jnp.float32)}, receptors=receptors)


def build(task: Task, integrator: Integrator):
    """Return a function that runs the timed ticks from the state after the warm ones."""
    random = np.random.default_rng(task.seed)
    net = network(task, random, integrator)
    key = jax.random.key(task.seed)
    rest = net.init(key=key)
    numbers = MODELS[task.model]
    nodes = {name: drawn(state, numbers, random) for name, state in rest.nodes.items()}
    start = RunState(rest._replace(nodes=nodes), jnp.zeros((), jnp.int32))
    warm_ticks = round(task.warm / DT)

    def advance(state, ticks, **options):
        return simulate(net, None, dt=DT, key=key, state=state, ticks=ticks, output=None, **options)

    warm, _ = advance(start, warm_ticks)
    counts = {name: Record(name, encode=jnp.sum) for name in nodes}
    _, records = advance(warm, task.ticks, record=counts)
    total = sum(float(np.sum(np.asarray(kept, float))) for kept in records.kept.values())
    rate = total / task.neurons / (task.ticks * DT * 1e-3)

    def run() -> Run:
        began = time.perf_counter()
        after, _ = advance(warm, task.ticks)
        jax.block_until_ready(eqx.filter(after, eqx.is_array))
        return Run(time.perf_counter() - began, rate, peak_mb())

    return run, {"synapses": int(sum(p.weight.size for p in net.projections))}
