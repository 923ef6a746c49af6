"""Components of populations and listed synapses, run as one circuit where nothing else happens."""

import equinox as eqx
import jax.numpy as jnp

from ..numerics import CircuitNode, CircuitWire, circuit_scan
from ._network import Network, complete, inner, step_observed
from ._schedule import ends
from ._ticks import uses_tick


def run_circuit(network, part, carried, arrivals, ticks, wanted):
    """Run some nodes together; None where they do more than step alone and feed each other."""
    synapses = [_synapses(network.projections[index]) for index in part.projections]
    if any(found is None for found in synapses):
        return None
    ports = {name: _ports_reached(network, part, name) for name in part.order}
    nodes = [
        _node(
            network.nodes[name], ports[name], arrivals.get(name, {}), carried, name, ticks, wanted
        )
        for name in part.order
    ]
    if any(node is None for node in nodes):
        return None
    wires = [
        _wire(network, network.projections[index], found, part.order, ports)
        for index, found in zip(part.projections, synapses, strict=True)
    ]
    runs = circuit_scan(nodes, wires, ticks.index.shape[0])
    if runs is None:
        return None
    by_name = dict(zip(part.order, runs, strict=True))
    after = carried._replace(
        nodes={name: run.carry for name, run in by_name.items()},
        histories={name: by_name[name].history for name in carried.histories},
    )
    observed = {
        (name, *path): value for name, run in by_name.items() for path, value in run.ys.items()
    }
    return after, {name: run.output for name, run in by_name.items()}, observed


def _synapses(projection):
    if projection.plasticity or projection.source != projection.origin:
        return None
    return projection.connectivity.synapses(projection.weight)


def _ports_reached(network, part, name):
    """Return the ports of a node that are reached from inside, each once."""
    reached = [ends(network, network.projections[index]) for index in part.projections]
    return list(dict.fromkeys(port for target, port in reached if target == name))


def _node(node, ports, arrivals, carried, name, ticks, wanted):
    if isinstance(node, Network) or not ports:
        return None
    arrays, rest = eqx.partition(node, eqx.is_array)
    state, paths = carried.nodes[name], inner(wanted, name)
    silent = [jnp.zeros(node.ports[port]) for port in ports]

    def step_at(tick, arrays, state, x, arriving):
        inputs = dict(x)
        for port, value in zip(ports, arriving, strict=True):
            inputs[port] = inputs[port] + value if port in inputs else value
        node = eqx.combine(arrays, rest)
        return step_observed(node, state, complete(node, inputs), tick, paths)

    def reading_tick(arrays, state, x, tick):
        return step_at(tick, arrays, state, x, silent)

    first = {port: x[0] for port, x in arrivals.items()}
    if uses_tick(reading_tick, arrays, state, first, ticks):
        return None
    timeless = ticks.at(0)

    def step(arrays, state, x, arriving):
        return step_at(timeless, arrays, state, x, arriving)

    return CircuitNode(step, arrays, state, arrivals, silent, carried.histories.get(name))


def _wire(network, projection, synapses, order, ports):
    target, port = ends(network, projection)
    signs = jnp.ones(()) if projection.sign is None else projection.sign
    source, arrival = order.index(projection.source), ports[target].index(port)
    delays = projection.connectivity.shortest, projection.connectivity.depth
    return CircuitWire(source, order.index(target), arrival, synapses, signs, *delays)
