"""A network is data: named nodes, projections, and one fixed order of events in a tick."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array

from ..numerics import as_choice, as_instance, fail
from ._describe import describe
from ._node import BlockNode, Input, Node, resolve_port, silence
from ._plasticity import Synapse
from ._population import Population
from ._projection import Projection, check_least_weight
from ._receptor import Receptor
from ._schedule import by_node, depths, ends, tick_order, whole
from ._tick import key_of

OUTPUT = "output"


class NetworkState(NamedTuple):
    """States of the nodes; past outputs, newest first; weights and traces of what learns."""

    nodes: dict[str, Any]
    histories: dict[str, Array]
    weights: tuple[Any, ...]
    rules: tuple[Any, ...]


class Network(Node):
    """Named nodes and the projections between them; itself a node, so networks nest.

    **Arguments:** `nodes`, by name; `projections`; `output`, the node whose output is the
    network's.

    **Raises:** `NeuropilError` for unknown names, shapes that do not meet, and cycles of
    projections without delay.
    """

    nodes: Mapping[str, Node] = eqx.field(
        converter=lambda value: dict(value) if isinstance(value, Mapping) else value
    )
    projections: tuple[Projection, ...] = eqx.field(
        converter=lambda value: tuple(value) if isinstance(value, list) else value
    )
    output: str = eqx.field(static=True)

    def __check_init__(self):
        """Refuse what cannot be run."""
        if not isinstance(self.nodes, Mapping) or not self.nodes:
            fail("nodes", self.nodes, "a mapping from names to nodes", "pass e.g. {'exc': lif(80)}")
        for name, node in self.nodes.items():
            if not isinstance(name, str) or not name or "." in name or " " in name:
                fail("nodes", f"the name {name!r}", "names without dots or blanks", "rename it")
            as_instance(node, f"nodes[{name!r}]", Node, "a Node")
        if not isinstance(self.projections, tuple):
            fail("projections", self.projections, "a tuple of Projections", "pass () for none")
        as_choice(self.output, "output", self.nodes)
        for index, projection in enumerate(self.projections):
            as_instance(projection, f"projections[{index}]", Projection, "a Projection")
            _check_ends(self.nodes, projection)
        if tick_order(self) is None:
            immediate = [p.name for p in self.projections if p.connectivity.shortest == 0]
            fail(
                "projections",
                f"a cycle among the projections without delay: {immediate}",
                "an acyclic graph of projections that have no delay",
                "give one projection of the cycle a delay of at least one tick, e.g. "
                "Dense(..., delay=ProjectionDelay(1))",
            )

    @property
    def ports(self):
        """Every port of every node, as `node.port`."""
        return {
            f"{name}.{port}": shape
            for name, node in self.nodes.items()
            for port, shape in node.ports.items()
        }

    @property
    def shape(self):
        """The shape of the output node."""
        return self.nodes[self.output].shape

    def init(self, *, key):
        """Return all nodes at rest, empty histories, and the weights that learn."""
        nodes = {name: node.init(key=key_of(key, name)) for name, node in self.nodes.items()}
        return NetworkState(
            nodes,
            {
                source: _past_at_rest(self.nodes, nodes, source, depth)
                for source, depth in depths(self).items()
            },
            tuple(p.weight if p.plasticity else None for p in self.projections),
            tuple(
                p.plasticity.init(p.connectivity, p.weight) if p.plasticity else None
                for p in self.projections
            ),
        )

    def step(self, state, inputs, tick):
        """Run one tick; ports missing from `inputs` receive nothing from outside."""
        state, outputs, _ = step_part(self, whole(self), state, by_node(inputs), tick)
        return state, outputs[self.output]

    def sense(self, state):
        """Return the observables of all nodes, as `node.name`."""
        return {
            f"{name}.{observable}": value
            for name, node in self.nodes.items()
            for observable, value in node.sense(state.nodes[name]).items()
        }

    def constrained(self) -> "Network":
        """Return the network with all weights and delays moved back into their ranges."""
        nodes = {
            name: node.constrained() if isinstance(node, Network) else node
            for name, node in self.nodes.items()
        }
        projections = tuple(projection.constrained() for projection in self.projections)
        return eqx.tree_at(lambda n: (n.nodes, n.projections), self, (nodes, projections))

    def describe(self) -> str:
        """Return the nodes, the projections and the order of events in a tick, as text."""
        return describe(self)


def add_arrivals(arrivals: dict[str, Array], port: str, arriving: Array) -> None:
    """Add to what arrives at a port."""
    arrivals[port] = arrivals[port] + arriving if port in arrivals else arriving


def complete(node: Node, arrivals: dict[str, Array]) -> dict[str, Array]:
    """Return arrivals at every port, zero where there are none; networks fill their own."""
    return arrivals if isinstance(node, Network | BlockNode) else {**silence(node), **arrivals}


def step_part(network, part, state, arrivals, tick, wanted=()):
    """Run one tick of some nodes: transmit, integrate and publish each in order, then adapt."""
    outputs, observed, nodes, sights = {}, {}, {}, {}
    for name in part.order:
        node = network.nodes[name]
        inputs = dict(arrivals.get(name, {}))
        for index in part.projections:
            projection = network.projections[index]
            target, port = ends(network, projection)
            if target == name:
                sights[index] = _see(network, projection, state, outputs)
                weight = state.weights[index] if projection.plasticity else projection.weight
                arriving = projection.connectivity.transmit(weight, sights[index])
                add_arrivals(inputs, port, arriving)
        own = tick._replace(key=key_of(tick.key, name))
        nodes[name], outputs[name], seen = step_observed(
            node, state.nodes[name], complete(node, inputs), own, inner(wanted, name)
        )
        observed |= {(name, *path): value for path, value in seen.items()}
        for source, path in taps(network, part.projections).items():
            if path[0] == name:
                outputs[source] = _observable(node, nodes[name], source)

    histories = {name: push(history, outputs[name]) for name, history in state.histories.items()}
    weights, rules = list(state.weights), list(state.rules)
    for index in part.projections:
        projection = network.projections[index]
        if projection.plasticity:
            synapse = _synapse(network, projection, weights[index], sights[index], nodes, outputs)
            twins = [p.name for p in network.projections[:index]].count(projection.name)
            own = tick._replace(key=key_of(tick.key, f"{projection.name} {twins}"))
            rules[index], changed = projection.plasticity.adapt(rules[index], synapse, own)
            weights[index] = projection.within_bounds(changed)
    return NetworkState(nodes, histories, tuple(weights), tuple(rules)), outputs, observed


def inner(wanted, name):
    """Return the requests that go to one node of a network, seen from that node."""
    return tuple(path[1:] for path in wanted if path[0] == name)


def observe(node, state, output, wanted):
    """Return what is asked of a node that is not a network."""
    sensed = node.sense(state) if any(path != (OUTPUT,) for path in wanted) else {}
    return {path: output if path == (OUTPUT,) else sensed[path[0]] for path in wanted}


def step_observed(node, state, inputs, tick, wanted):
    """Step a node and read what is wanted, inside nested networks too."""
    if not wanted:
        return (*node.step(state, inputs, tick), {})
    if not isinstance(node, Network):
        state, output = node.step(state, inputs, tick)
        return state, output, observe(node, state, output, wanted)
    deeper = tuple(path for path in wanted if path != (OUTPUT,))
    state, outputs, observed = step_part(node, whole(node), state, by_node(inputs), tick, deeper)
    output = outputs[node.output]
    if (OUTPUT,) in wanted:
        observed[OUTPUT,] = output
    return state, output, observed


def push(history: Array, output: Array) -> Array:
    """Return the history, newest first, with one more output in front."""
    return jnp.concatenate([output[None].astype(history.dtype), history[:-1]])


def taps(network, indices):
    """Return what some projections read of nodes besides outputs: paths by source."""
    sources = {network.projections[index].source for index in indices}
    return {source: _path(network, source) for source in sorted(sources) if "." in source}


def _path(node, source):
    """Return names from node to node, then that of the observable, in which there may be dots."""
    name, _, rest = source.partition(".")
    if isinstance(node, Network) and rest:
        return (name, *_path(node.nodes[name], rest))
    return (source,)


def _see(network, projection, state, outputs):
    now, depth = outputs.get(projection.source), projection.connectivity.depth
    if not depth:
        return projection.connectivity.read(projection.signed(now[None]))
    past = state.histories[projection.source][:depth]
    now = jnp.zeros(past.shape[1:]) if now is None else now  # later in this tick: not read
    window = jnp.concatenate([now[None].astype(past.dtype), past])
    return projection.connectivity.read(projection.signed(window))


def _past_at_rest(nodes, states, source, depth):
    """Return past values of a source: no outputs, but observables as they are at rest."""
    name, _, observable = source.partition(".")
    if not observable:
        return jnp.zeros((depth, *nodes[name].shape))
    value = _observable(nodes[name], states[name], source)
    return jnp.broadcast_to(value, (depth, *value.shape))


def _observable(node, state, source):
    return node.sense(state)[source.partition(".")[2]]


def _synapse(network, projection, weight, seen, nodes, outputs):
    target, _ = ends(network, projection)
    rule = projection.plasticity.rule
    sensed = network.nodes[target].sense(nodes[target])
    return Synapse(
        projection.connectivity,
        weight,
        seen,
        outputs[target],
        {name: sensed[name] for name in rule.senses},
        {name: outputs[name] for name in rule.hears},
    )


def _check_ends(nodes, projection):
    name = f"projection {projection.name!r}"
    as_choice(projection.origin, f"source of {name}", nodes)
    source_shape, what = nodes[projection.origin].shape, f"output of {projection.source!r}"
    if projection.source != projection.origin:
        observable = projection.source.partition(".")[2]
        found = _sensed_shapes(nodes[projection.origin])
        as_choice(observable, f"source of {name}", found)
        source_shape, what = found[observable].shape, repr(projection.source)
    target, _, port = projection.target.partition(".")
    as_choice(target, f"target of {name}", nodes)
    port = resolve_port(nodes[target], port, f"target of {name}")
    target_shape = nodes[target].ports[port]
    connectivity = projection.connectivity
    if connectivity.source != source_shape or connectivity.target != target_shape:
        fail(
            f"connectivity of {name}",
            f"{connectivity.source} to {connectivity.target}",
            f"{source_shape} ({what}) to {target_shape} (port {port!r})",
            "build the connectivity with the shapes of its two ends",
        )
    receptor = _receptor(nodes[target], port)
    check_least_weight(projection, -math.inf if receptor is None else receptor.least_weight)
    if isinstance(nodes[target], Input):
        fail(f"target of {name}", f"{target!r}, an Input", "a node that integrates", "drop it")
    if projection.plasticity:
        rule = projection.plasticity.rule
        sensed = _sensed_shapes(nodes[target])
        for observable in rule.senses:
            as_choice(observable, f"senses of the rule of {name}", sensed)
        for modulator in rule.hears:
            as_choice(modulator, f"hears of the rule of {name}", nodes)


def receptor_of(network: Network, projection: Projection) -> Receptor | None:
    """Return the receptor that a projection leads to, None where there is none."""
    target, _, port = projection.target.partition(".")
    return _receptor(network.nodes[target], resolve_port(network.nodes[target], port, "target"))


def _receptor(node, port):
    while isinstance(node, Network):
        name, _, port = port.partition(".")
        node = node.nodes[name]
    return node.receptors[port] if isinstance(node, Population) else None


def _sensed_shapes(node):
    return jax.eval_shape(lambda: dict(node.sense(node.init(key=jax.random.key(0)))))
