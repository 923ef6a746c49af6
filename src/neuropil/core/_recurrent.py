"""Components run tick by tick, with the derivative by their weights taken out of the loop.

Arrivals are linear in the weights, so the tangent of a recurrent run is a run with the weights held
still, driven by what the tangents of the weights deliver from the outputs that are already known:

    dI_t = transmit(W, d seen_t) + transmit(dW, seen_t)

The second term of all ticks is one `sweep`, one product. In reverse mode this makes the gradient of
every weight one product over time in place of an outer product in every tick.
"""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero

from ..numerics import aligned
from ._circuit import run_circuit
from ._network import Network, add_arrivals, step_part
from ._schedule import ends


def scan_part(network, part, carried, arrivals, ticks, wanted):
    """Scan some nodes together; return their state, outputs and what was wanted."""
    learns = any(network.projections[index].plasticity for index in part.projections)
    if learns:
        return _scan(network, part, carried, arrivals, ticks, wanted)
    weights = tuple(network.projections[index].weight for index in part.projections)
    smooth, rest = eqx.partition((network, carried, arrivals, ticks), eqx.is_inexact_array)
    rest, static = eqx.partition(rest, eqx.is_array)

    @jax.custom_jvp
    def run(weights, smooth, rest):
        network, *others = eqx.combine(smooth, rest, static)
        return _run(_with_weights(network, part, weights), part, *others, wanted)

    @functools.partial(run.defjvp, symbolic_zeros=True)
    def run_jvp(primals, tangents):
        weights, smooth, rest = primals
        by_weights, (by_network, by_carried, by_arrivals, by_ticks), _ = tangents
        network, carried, arrivals, ticks = eqx.combine(smooth, rest, static)
        arrivals = _with_all_ports(network, part, arrivals, ticks.index.shape[0])
        by_signs = [by_network.projections[index].sign for index in part.projections]
        joined = _joined_by(network, part, by_weights, by_signs)
        own = {
            name: {port: by_arrivals.get(name, {}).get(port) for port in ports}
            for name, ports in arrivals.items()
        }
        smooth, rest = eqx.partition((network, carried, arrivals, ticks), eqx.is_inexact_array)
        moves = jax.tree.map(
            lambda _, by: _is_tangent(by), smooth, (by_network, by_carried, own, by_ticks)
        )
        for name, port in joined:
            moves[2][name][port] = True
        moves = (_with_still_signs(moves[0], part), *moves[1:])
        moving, still = eqx.partition(smooth, moves)

        def plain(moving):
            network, *others = eqx.combine(moving, still, rest)
            return _run(_with_weights(network, part, weights), part, *others, wanted)

        out, along = jax.linearize(plain, moving)
        delivered = _deliver(network, part, carried, weights, by_weights, by_signs, out[1])
        for name, port in joined:
            value = arrivals[name][port]
            own[name][port] = _sum(own[name][port], delivered[name].get(port), value)
        return out, along(eqx.filter((by_network, by_carried, own, by_ticks), moves))

    return run(weights, smooth, rest)


def _run(network, part, carried, arrivals, ticks, wanted):
    found = run_circuit(network, part, carried, arrivals, ticks, wanted)
    run = _scan(network, part, carried, arrivals, ticks, wanted) if found is None else found
    return _placed(run)


def _scan(network, part, carried, arrivals, ticks, wanted):
    def tick_of_part(carry, x):
        index, arriving = x
        carry, outputs, seen = step_part(network, part, carry, arriving, ticks.at(index), wanted)
        return carry, (outputs, seen)

    after, (outputs, observed) = jax.lax.scan(tick_of_part, carried, (ticks.index, arrivals))
    return after, outputs, observed


def _placed(run):
    """Return the state, outputs and observations of a run, with samples in one place."""
    state, outputs, observed = run
    return aligned(state, 0), aligned(outputs, 1), aligned(observed, 1)


def _with_weights(network, part, weights):
    where = lambda n: [n.projections[index].weight for index in part.projections]  # noqa: E731
    return eqx.tree_at(where, network, list(weights))


def _with_all_ports(network, part, arrivals, length):
    """Give every port that is reached from inside an arrival over time that tangents can join."""
    arrivals = {name: dict(ports) for name, ports in arrivals.items()}
    for index in part.projections:
        name, port = ends(network, network.projections[index])
        silent = jnp.zeros((length, *network.nodes[name].ports[port]))
        arriving = arrivals[name].get(port, silent)
        arrivals[name][port] = arriving.astype(jnp.result_type(arriving, silent))
    return arrivals


def _is_tangent(value) -> bool:
    return value is not None and not isinstance(value, SymbolicZero)


def _joined_by(network, part, by_weights, by_signs):
    """Return the nodes and ports to which a weight or a sign that moves delivers."""
    moving = zip(part.projections, by_weights, by_signs, strict=True)
    return {
        ends(network, network.projections[index])
        for index, *tangents in moving
        if any(map(_is_tangent, tangents))
    }


def _with_still_signs(moves, part):
    """Mark the signs as not moving: what their tangents deliver arrives from outside."""
    signed = [index for index in part.projections if moves.projections[index].sign is not None]
    where = lambda n: [n.projections[index].sign for index in signed]  # noqa: E731
    return eqx.tree_at(where, moves, [False] * len(signed)) if signed else moves


def _sum(own, delivered, like):
    """Return the sum of two tangents, either of which may be missing, of the type of `like`."""
    found = [by.astype(like.dtype) for by in (own, delivered) if _is_tangent(by)]
    return sum(found[1:], found[0]) if found else jnp.zeros_like(like)


def _deliver(network, part, carried, weights, by_weights, by_signs, outputs):
    """Return what the tangents of weights and signs deliver, over time, from known outputs."""
    delivered = {name: {} for name in part.order}
    moving = zip(part.projections, weights, by_weights, by_signs, strict=True)
    for index, weight, by_weight, by_sign in moving:
        projection = network.projections[index]
        name, port = ends(network, projection)
        if _is_tangent(by_weight):
            arriving = deliver(projection, by_weight, carried, outputs[projection.source])
            add_arrivals(delivered[name], port, arriving)
        if _is_tangent(by_sign):

            def signed(sign, projection=projection, weight=weight):
                own = eqx.tree_at(lambda p: p.sign, projection, sign)
                return deliver(own, weight, carried, outputs[projection.source])

            arriving = jax.jvp(signed, (projection.sign,), (by_sign,))[1]
            add_arrivals(delivered[name], port, arriving)
    return delivered


def loop_weight(network, part):
    """Return the matrix by which a node's last output comes back to it, or None."""
    if len(part.order) != 1 or len(part.projections) != 1:
        return None
    projection = network.projections[part.projections[0]]
    if projection.plasticity or projection.source != part.order[0]:
        return None
    if isinstance(network.nodes[part.order[0]], Network):
        return None
    matrix = projection.connectivity.after_one_tick(projection.weight)
    if matrix is None or projection.sign is None:
        return matrix
    return jnp.broadcast_to(projection.sign, matrix.shape[:1])[:, None] * matrix


def deliver(projection, weight, state, signal):
    """Return what a projection delivers over a block of ticks, given its source's output."""
    connectivity = projection.connectivity
    past = None
    if connectivity.depth:
        past = projection.signed(state.histories[projection.source][: connectivity.depth][::-1])
    return connectivity.sweep(weight, past, projection.signed(signal))
