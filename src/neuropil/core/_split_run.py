"""A block of ticks on one of several devices: neurons run apart and hear of each other in time.

Between populations that feed each other, whatever is published is felt after the shortest delay
among them at the earliest. So that many ticks are run by every device alone, as one circuit; then
all hear what the others published. Sums have the order that they have on one device.
"""

import jax
import jax.numpy as jnp

from ..numerics import CircuitNode, CircuitWire, circuit_scan, fail
from ._circuit import circuit_node, ports_reached
from ._local import Local
from ._network import OUTPUT, NetworkState, add_arrivals, inner
from ._over_time import complete_over_time, over_time, remember, scan_node
from ._schedule import by_node, ends, parts


def run_local(local: Local, state: NetworkState, inputs, ticks, wanted):
    """Run a block of ticks; return state, outputs and what was wanted of the own neurons."""
    outside, outputs, heard, observed = by_node(inputs), {}, {}, {}
    nodes, histories = {}, {}
    for part in parts(local):
        arrivals = {name: dict(outside.get(name, {})) for name in part.order}
        for index, p in enumerate(local.projections):
            target, port = ends(local, p)
            if target in part.order and index not in part.projections:
                if p.source not in heard:
                    heard[p.source] = local.heard(p.source, outputs[p.source])
                add_arrivals(arrivals[target], port, _delivered(local, p, state, heard[p.source]))
        run = _run_together if part.projections else _run_single
        after, produced, seen = run(local, part, state, arrivals, ticks, wanted)
        nodes |= after
        outputs |= produced
        observed |= seen
    for name, history in state.histories.items():
        histories[name] = remember(history, outputs[name])
    return state._replace(nodes=nodes, histories=histories), outputs[local.output], observed


def _delivered(local, projection, state, signal):
    past, depth = None, projection.depth
    if depth:
        past = local.heard(projection.source, state.histories[projection.source][:depth])[::-1]
    return projection.deliver(past, signal)


def _run_single(local, part, state, arrivals, ticks, wanted):
    """Run a node that does not hear itself."""
    (name,) = part.order
    node, wishes = local.nodes[name], inner(wanted, name)
    own = ticks._replace(path=(*ticks.path, name))
    length = ticks.index.shape[0]
    if name in local.whole:
        inputs = complete_over_time(node, arrivals[name], length)
        after, output, seen = over_time(node, state.nodes[name], inputs, own, wishes)
    else:
        share = local.split.share(node.shape)
        silent = {port: jnp.zeros((length, *share)) for port in node.ports}
        sensed = tuple(path for path in wishes if path != (OUTPUT,))
        inputs = silent | arrivals[name]
        shares = local.split.devices
        after, output, seen = scan_node(node, state.nodes[name], inputs, own, sensed, shares)
        seen |= {(OUTPUT,): output} if (OUTPUT,) in wishes else {}
    return {name: after}, {name: output}, {(name, *path): x for path, x in seen.items()}


def _run_together(local, part, state, arrivals, ticks, wanted):
    """Run nodes that feed each other, as many ticks at a time as the shortest delay allows."""
    inside = [local.projections[index] for index in part.projections]
    step = min(p.shortest for p in inside)
    sources = list(dict.fromkeys(p.source for p in inside))
    deepest = {name: max(p.depth for p in inside if p.source == name) for name in sources}
    ports = {name: ports_reached(local, inside, name) for name in part.order}
    wires = [_wire(local, p, sources, part.order, ports, step) for p in inside]

    def block(carry, arrivals, index):
        """Let what was published in the last block arrive, each of its ticks `step` later."""
        nodes, past = carry
        relays = [
            _relay(past[name][:step][::-1][: index.shape[0]], past[name][step : deepest[name]])
            for name in sources
        ]
        populations = [
            circuit_node(
                local.nodes[name],
                {port: local.split.share(local.nodes[name].shape) for port in ports[name]},
                arrivals.get(name, {}),
                nodes[name],
                None,
                ticks._replace(index=index),
                inner(wanted, name),
                local.split.devices,
            )
            for name in part.order
        ]
        runs = circuit_scan([*relays, *populations], wires, index.shape[0])
        if runs is None:
            expected = "inputs with which the steps stay those of one neuron at a time"
            fail(
                "inputs", f"others for {list(part.order)}", expected, "pass floats as in the state"
            )
        by_name = dict(zip(part.order, runs[len(relays) :], strict=True))
        past = {
            name: remember(past[name], local.heard(name, by_name[name].output)) for name in sources
        }
        outputs = {name: run.output for name, run in by_name.items()}
        seen = {(name, *path): y for name, run in by_name.items() for path, y in run.ys.items()}
        return ({name: run.carry for name, run in by_name.items()}, past), (outputs, seen)

    past = {name: local.heard(name, state.histories[name]) for name in sources}
    carry = {name: state.nodes[name] for name in part.order}, past
    (nodes, _), (outputs, seen) = _blocks(block, carry, (arrivals, ticks.index), step)
    return nodes, outputs, seen


def _blocks(block, carry, over_time, size):
    """Run block by block, the last of which may be shorter; join what they return."""
    length = over_time[1].shape[0]
    count = length // size
    found = []
    if count:
        cut = jax.tree.map(
            lambda x: x[: count * size].reshape(count, size, *x.shape[1:]), over_time
        )
        carry, out = jax.lax.scan(lambda carry, x: block(carry, *x), carry, cut)
        found.append(jax.tree.map(lambda x: x.reshape(count * size, *x.shape[2:]), out))
    if length > count * size:
        carry, out = block(carry, *jax.tree.map(lambda x: x[count * size :], over_time))
        found.append(out)
    return carry, jax.tree.map(lambda *x: jnp.concatenate(x), *found)


def _relay(now, past):
    """Return a node that publishes again what neurons of all devices published before."""

    def step(params, carry, x, arriving):
        return carry, x, {}

    history = past if past.shape[0] else None
    return CircuitNode(step, (), jnp.zeros(now.shape[1:], now.dtype), now, (), history, 0)


def _wire(local, projection, sources, order, ports, step):
    """Return a wire from a relay, which is late already."""
    target, port = ends(local, projection)
    synapses = projection.synapses
    return CircuitWire(
        sources.index(projection.source),
        len(sources) + order.index(target),
        ports[target].index(port),
        synapses._replace(ticks=synapses.ticks - step),
        jnp.ones(()) if projection.sign is None else projection.sign,
        projection.shortest - step,
        projection.depth - step,
    )
