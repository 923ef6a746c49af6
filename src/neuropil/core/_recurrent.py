"""Components run tick by tick, with the derivative by their weights taken out of the loop.

Arrivals are linear in the weights, so the tangent of a recurrent run is a run with the weights held
still, driven by what the tangents of the weights deliver from the outputs that are already known:

    dI_t = transmit(W, d seen_t) + transmit(dW, seen_t)

The second term of all ticks is one `sweep`, one product. In reverse mode this makes the gradient of
every weight one product over time in place of an outer product in every tick.
"""

import equinox as eqx
import jax
import jax.numpy as jnp

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
        network = _with_weights(network, part, weights)
        found = run_circuit(network, part, *others, wanted)
        return _scan(network, part, *others, wanted) if found is None else found

    @run.defjvp
    def run_jvp(primals, tangents):
        weights, smooth, rest = primals
        by_weights, (by_network, by_carried, by_arrivals, by_ticks), _ = tangents
        network, carried, arrivals, ticks = eqx.combine(smooth, rest, static)
        arrivals = _with_all_ports(network, part, arrivals, ticks.index.shape[0])
        smooth, rest = eqx.partition((network, carried, arrivals, ticks), eqx.is_inexact_array)

        def plain(smooth):
            network, *others = eqx.combine(smooth, rest)
            return _scan(_with_weights(network, part, weights), part, *others, wanted)

        out, along = jax.linearize(plain, smooth)
        delivered = _deliver(network, part, carried, by_weights, out[1])
        moved = {
            name: {
                port: _sum(by_arrivals.get(name, {}).get(port), delivered[name].get(port), value)
                for port, value in ports.items()
            }
            for name, ports in smooth[2].items()
        }
        return out, along((by_network, by_carried, moved, by_ticks))

    return run(weights, smooth, rest)


def _scan(network, part, carried, arrivals, ticks, wanted):
    def tick_of_part(carry, x):
        index, arriving = x
        carry, outputs, seen = step_part(network, part, carry, arriving, ticks.at(index), wanted)
        return carry, (outputs, seen)

    after, (outputs, observed) = jax.lax.scan(tick_of_part, carried, (ticks.index, arrivals))
    return after, outputs, observed


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


def _sum(own, delivered, like):
    """Return the sum of two tangents, either of which may be missing, of the type of `like`."""
    found = [tangent.astype(like.dtype) for tangent in (own, delivered) if tangent is not None]
    return sum(found[1:], found[0]) if found else jnp.zeros_like(like)


def _deliver(network, part, carried, weights, outputs):
    """Return what `weights` would deliver, over time, from outputs that are already known."""
    delivered = {name: {} for name in part.order}
    for index, weight in zip(part.projections, weights, strict=True):
        projection = network.projections[index]
        name, port = ends(network, projection)
        arriving = deliver(projection, weight, carried, outputs[projection.source])
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
