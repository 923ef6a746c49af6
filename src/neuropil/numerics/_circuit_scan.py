"""A scan over time of populations that are connected by listed synapses."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from ._by_neuron import ByNeuron, by_neuron
from ._circuit import Circuit, Synapses, Wire
from ._circuit_derivative import circuit_p
from ._scan_primitive import flat_neurons, hoisted


class CircuitNode(NamedTuple):
    """One population of a circuit, and where its run begins.

    **Arguments:** `step(params, carry, x, arriving) -> (carry, output, y)`, pure and elementwise;
    `params` and `carry` as in `elementwise_scan`; `xs`, arrays `[time, *n]`, or no arrays;
    `arriving`, one array per arrival, of the shape and type of the neurons; `history`, past
    outputs, newest first; `shares`, of how many equal shares of a population this is one, as in
    `elementwise_scan`, or none of what is to be compiled.
    """

    step: Callable[[PyTree, PyTree, PyTree, Sequence[Array]], tuple[PyTree, Array, PyTree]]
    params: PyTree
    carry: PyTree
    xs: PyTree
    arriving: Sequence[Array]
    history: Array | None
    shares: int = 1


class CircuitWire(NamedTuple):
    """Synapses from a population to an arrival of another, both by position.

    **Arguments:** `signs`, of the source's outputs, one or per neuron; `shortest` and `longest`,
    the delays in ticks between which all lie; one of zero must lead to a later population.
    """

    source: int
    target: int
    arrival: int
    synapses: Synapses
    signs: Array
    shortest: int
    longest: int


class CircuitRun(NamedTuple):
    """What became of one population: its carry, its past, and every tick's output and results."""

    carry: PyTree
    history: Array | None
    output: Array
    ys: PyTree


def circuit_scan(
    nodes: Sequence[CircuitNode], wires: Sequence[CircuitWire], length: int
) -> list[CircuitRun] | None:
    r"""Run populations tick by tick, in order, delivering what they publish along the wires.

    $I_{t,j} = \sum_i w_{ij}\, \sigma_i\, y_{i,\,t-d_{ij}}$ for every arrival, then
    $c_t, y_t = f(p, c_{t-1}, x_t, I_t)$. On a CPU with Numba all ticks run in one compiled loop
    that walks the outputs which are not zero, and so does the way back, which gathers. Sums have
    one order, however a run is cut.

    **Returns:** one run per node; None where a step is not elementwise.
    """
    traced = [_traced(node, length) for node in nodes]
    found = [one for one in traced if one is not None]
    if len(found) < len(nodes):
        return None
    shapes = [jax.tree.leaves(node.carry)[0].shape for node in nodes]
    circuit = Circuit(
        tuple(one.step for one in found),
        tuple(_static(wire) for wire in wires),
        tuple(len(node.arriving) for node in nodes),
        tuple(0 if node.history is None else node.history.shape[0] for node in nodes),
        tuple((True,) * len(one.step.ys) for one in found),
    )
    operands = [
        operand
        for node, one, shape in zip(nodes, found, shapes, strict=True)
        for operand in _flat(node, one, shape)
    ]
    operands += [operand for wire in wires for operand in _operands(wire, nodes, found)]
    out = iter(circuit_p.bind(*(v[None] for v in operands), circuit=circuit, length=length))
    return [
        _run(node, one, shape, out) for node, one, shape in zip(nodes, found, shapes, strict=True)
    ]


def _traced(node: CircuitNode, length: int) -> ByNeuron | None:
    def of_pair(params, carry, pair):
        x, arriving = pair
        carry, output, y = node.step(params, carry, x, arriving)
        return carry, (output, y)

    some = [jnp.broadcast_to(value, (length, *value.shape)) for value in node.arriving]
    one = by_neuron(of_pair, node.params, node.carry, (node.xs, some))
    if one is None:
        return None
    step, params = hoisted(one.step, one.params)
    step = dataclasses.replace(step, shares=node.shares)
    return dataclasses.replace(one, step=step, params=params)


def _flat(node: CircuitNode, one: ByNeuron, shape: tuple[int, ...]) -> list[Array]:
    own = one.xs[: len(one.xs) - len(node.arriving)]
    flat = [flat_neurons(param, shape) for param in one.params]
    flat += [value.reshape(-1) for value in one.carry]
    flat += [flat_neurons(x, shape, x.shape[0]) for x in own]
    if node.history is None:
        return flat
    past = node.history.astype(_published(one)).reshape(len(node.history), -1)
    return [*flat, past]


def _published(one: ByNeuron):
    """Return the type of what a population publishes."""
    return one.step.ys[0].aval.dtype


def _static(wire: CircuitWire) -> Wire:
    ticks = wire.synapses.ticks
    common = ticks if isinstance(ticks, int) else None
    is_matrix = wire.synapses.starts is None
    delays = (common, wire.shortest, wire.longest)
    return Wire(wire.source, wire.target, wire.arrival, *delays, is_matrix, wire.synapses.is_sorted)


def _operands(wire: CircuitWire, nodes: Sequence[CircuitNode], found: list[ByNeuron]) -> list:
    """Return signs and synapses, of the types of what is published and of what arrives."""
    arriving = nodes[wire.target].arriving[wire.arrival].dtype
    signs = jnp.atleast_1d(wire.signs).reshape(-1).astype(_published(found[wire.source]))
    starts, targets, weight, ticks, _ = wire.synapses
    lists = [] if starts is None else [starts, targets]
    late = [] if isinstance(ticks, int) else [ticks]
    positions = [v.astype(jnp.int32) for v in (*lists, *late)]
    n_lists = len(lists)
    return [signs, *positions[:n_lists], weight.astype(arriving), *positions[n_lists:]]


def _run(node: CircuitNode, one: ByNeuron, shape: tuple[int, ...], out: Any) -> CircuitRun:
    carry = [next(out)[0].reshape(shape) for _ in range(one.step.n_carry)]
    history = node.history
    if history is not None:
        history = next(out)[0].reshape(history.shape).astype(history.dtype)
    ys = [y[0].reshape(y.shape[1], *shape) for y in (next(out) for _ in one.step.ys)]
    carry, (output, ys) = one.results([*carry, *ys])
    return CircuitRun(carry, history, output, ys)
