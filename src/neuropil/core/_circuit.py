"""Components of populations and listed synapses, run as one circuit where nothing else happens."""

import equinox as eqx
import jax.numpy as jnp

from ..numerics import CircuitNode, CircuitWire, circuit_scan
from ._network import Network, inner, step_observed
from ._schedule import ends
from ._ticks import uses_tick


def run_circuit(network, part, carried, arrivals, ticks, wanted):
    """Run some nodes together; None where they do more than step alone and feed each other."""
    synapses = [_synapses(network.projections[index]) for index in part.projections]
    if any(found is None for found in synapses):
        return None
    ports = {name: _ports_reached(network, part, name) for name in part.order}
    nodes = [
        None
        if isinstance(node, Network) or not ports[name]
        else circuit_node(
            node,
            {port: node.ports[port] for port in ports[name]},
            arrivals.get(name, {}),
            carried.nodes[name],
            carried.histories.get(name),
            ticks,
            inner(wanted, name),
        )
        for name, node in ((name, network.nodes[name]) for name in part.order)
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
    return ports_reached(network, [network.projections[i] for i in part.projections], name)


def ports_reached(network, projections, name):
    """Return the ports of a node that some projections reach, each once."""
    reached = [ends(network, projection) for projection in projections]
    return list(dict.fromkeys(port for target, port in reached if target == name))


def circuit_node(node, ports, arrivals, state, history, ticks, paths, shares=1):
    """Return a node as part of a circuit; None where its step reads the tick.

    `ports` are the shapes of the ports that are reached from inside; the node may be one of several
    equal shares of a population.
    """
    arrays, rest = eqx.partition(node, eqx.is_array)
    silent = [jnp.zeros(shape) for shape in ports.values()]

    def step_at(tick, arrays, state, x, arriving):
        inputs = {port: jnp.zeros(()) for port in node.ports} | dict(x)
        for port, value in zip(ports, arriving, strict=True):
            inputs[port] = inputs[port] + value if port in x else value
        return step_observed(eqx.combine(arrays, rest), state, inputs, tick, paths)

    def reading_tick(arrays, state, x, tick):
        return step_at(tick, arrays, state, x, silent)

    first = {port: x[0] for port, x in arrivals.items()}
    if uses_tick(reading_tick, arrays, state, first, ticks):
        return None
    timeless = ticks.at(0)

    def step(arrays, state, x, arriving):
        return step_at(timeless, arrays, state, x, arriving)

    return CircuitNode(step, arrays, state, arrivals, silent, history, shares)


def _wire(network, projection, synapses, order, ports):
    target, port = ends(network, projection)
    signs = jnp.ones(()) if projection.sign is None else projection.sign
    source, arrival = order.index(projection.source), ports[target].index(port)
    delays = projection.connectivity.shortest, projection.connectivity.depth
    return CircuitWire(source, order.index(target), arrival, synapses, signs, *delays)
