"""A block of ticks: components scanned, what lies between them applied as one product."""

import equinox as eqx
import jax
import jax.numpy as jnp

from ..numerics import elementwise_scan, recurrent_scan
from ._network import (
    OUTPUT,
    Network,
    NetworkState,
    add_arrivals,
    inner,
    observe,
    step_observed,
    taps,
)
from ._node import BlockNode, SweepNode
from ._recurrent import deliver, loop_weight, scan_part
from ._schedule import by_node, ends, parts
from ._ticks import uses_tick


def over_time(node, state, inputs, ticks, wanted=()):
    """Run a node over a block of ticks; return its state, outputs and what was wanted."""
    if isinstance(node, Network):
        return _network_over_time(node, state, inputs, ticks, wanted)
    if isinstance(node, BlockNode):
        return node.run(state, inputs, ticks, wanted)
    if isinstance(node, SweepNode) and all(path == (OUTPUT,) for path in wanted):
        every_tick = jax.vmap(ticks.at)(ticks.index)._replace(dt=ticks.dt)
        state, output = node.sweep(state, inputs, every_tick)
        return state, output, observe(node, None, output, wanted)
    sensed = tuple(path for path in wanted if path != (OUTPUT,))
    state, output, observed = scan_node(node, state, inputs, ticks, sensed)
    return state, output, observed | ({(OUTPUT,): output} if (OUTPUT,) in wanted else {})


def _network_over_time(network, state, inputs, ticks, wanted):
    length = ticks.index.shape[0]
    outside, outputs, observed = by_node(inputs), {}, {}
    nodes, histories = {}, {}
    weights, rules = list(state.weights), list(state.rules)
    inside = {index for part in parts(network) for index in part.projections}
    across = taps(network, set(range(len(network.projections))) - inside)
    wanted = tuple(dict.fromkeys((*wanted, *across.values())))
    for part in parts(network):
        arrivals = {name: dict(outside.get(name, {})) for name in part.order}
        for index, p in enumerate(network.projections):
            target, port = ends(network, p)
            if target in part.order and index not in part.projections:
                add_arrivals(arrivals[target], port, deliver(p, p.weight, state, outputs[p.source]))
        run = _run_single if len(part.order) == 1 and not part.projections else _run_together
        after, produced, seen = run(network, part, state, arrivals, ticks, wanted, length)
        outputs |= {
            source: seen[path] for source, path in across.items() if path in seen
        } | produced
        observed |= seen
        nodes |= after.nodes
        histories |= after.histories
        for index in part.projections:
            weights[index], rules[index] = after.weights[index], after.rules[index]
    for name in state.histories.keys() - histories.keys():
        histories[name] = remember(state.histories[name], outputs[name])
    if (OUTPUT,) in wanted:
        observed[OUTPUT,] = outputs[network.output]
    after = NetworkState(nodes, histories, tuple(weights), tuple(rules))
    return after, outputs[network.output], observed


def remember(history, outputs):
    depth = history.shape[0]
    newest_first = outputs[::-1][:depth].astype(history.dtype)
    return jnp.concatenate([newest_first, history[: depth - newest_first.shape[0]]])


def _run_single(network, part, state, arrivals, ticks, wanted, length):
    (name,) = part.order
    node = network.nodes[name]
    inputs = complete_over_time(node, arrivals[name], length)
    own = ticks._replace(path=(*ticks.path, name))
    own_state, output, seen = over_time(node, state.nodes[name], inputs, own, inner(wanted, name))
    observed = {(name, *path): value for path, value in seen.items()}
    return NetworkState({name: own_state}, {}, (), ()), {name: output}, observed


def _run_together(network, part, state, arrivals, ticks, wanted, length):
    inside = set(part.projections)
    sources = {network.projections[index].source for index in inside}
    carried = NetworkState(
        {name: state.nodes[name] for name in part.order},
        {name: state.histories[name] for name in sources if name in state.histories},
        tuple(w if index in inside else None for index, w in enumerate(state.weights)),
        tuple(r if index in inside else None for index, r in enumerate(state.rules)),
    )
    here = tuple(path for path in wanted if path[0] in part.order)
    if (loop := loop_weight(network, part)) is not None:
        found = _scan_loop(network, part, loop, carried, arrivals, ticks, here, length)
        if found is not None:
            return found

    return scan_part(network, part, carried, arrivals, ticks, here)


def _scan_loop(network, part, weight, carried, arrivals, ticks, wanted, length):
    """Scan a node that projects to itself as one loop; None where its step reads the tick."""
    (name,), (index,) = part.order, part.projections
    node, (_, port) = network.nodes[name], ends(network, network.projections[index])
    inputs = complete_over_time(node, arrivals[name], length)
    arrays, rest = eqx.partition(node, eqx.is_array)
    own = ticks._replace(path=(*ticks.path, name))
    inside = inner(wanted, name)

    def step(arrays, state, x, arriving, tick):
        x = {**x, port: x[port] + arriving}
        node = eqx.combine(arrays, rest)
        state, output, seen = step_observed(node, state, x, tick, inside)
        return state, output, seen

    first = jax.tree.map(lambda x: x[0], inputs)
    before = carried.histories[name][0]
    if weight.dtype != before.dtype:
        return None
    state = carried.nodes[name]
    if uses_tick(
        lambda arrays, state, x, tick: step(arrays, state, x, before, tick),
        arrays,
        state,
        first,
        own,
    ):
        return None
    timeless = own.at(0)
    (state, _), (output, seen) = recurrent_scan(
        lambda arrays, state, x, arriving: step(arrays, state, x, arriving, timeless),
        arrays,
        weight,
        state,
        before,
        inputs,
    )
    observed = {(name, *path): value for path, value in seen.items()}
    return carried._replace(nodes={name: state}, histories={}), {name: output}, observed


def scan_node(node, state, inputs, ticks, wanted, shares=1):
    """Run a node tick by tick; it may be one of several equal shares of a population."""
    arrays, rest = eqx.partition(node, eqx.is_array)

    def step(arrays, state, x, tick):
        state, output, seen = step_observed(eqx.combine(arrays, rest), state, x, tick, wanted)
        return state, (output, seen)

    first = jax.tree.map(lambda x: x[0], inputs)
    if not inputs or uses_tick(step, arrays, state, first, ticks):
        state, (output, seen) = jax.lax.scan(
            lambda carry, x: step(arrays, carry, x[1], ticks.at(x[0])),
            state,
            (ticks.index, inputs),
        )
    else:
        timeless = ticks.at(0)
        state, (output, seen) = elementwise_scan(
            lambda arrays, carry, x: step(arrays, carry, x, timeless),
            arrays,
            state,
            inputs,
            shares=shares,
        )
    return state, output, seen


def complete_over_time(node, arrivals, length):
    """Return arrivals at every port over a block of ticks, zero where there are none."""
    if isinstance(node, Network | BlockNode):
        return arrivals
    silent = {
        port: jnp.zeros((length, *shape))
        for port, shape in node.ports.items()
        if port not in arrivals
    }
    return {**silent, **arrivals}
