"""Can every device run its own neurons of a network? Asked once, when it is planned."""

from typing import NoReturn

import jax
import jax.numpy as jnp

from ..numerics import circuit_scan, fail
from ._circuit import circuit_node
from ._network import Network
from ._node import BlockNode, Node, SweepNode
from ._schedule import ends
from ._ticks import Ticks

SOURCES = "only nodes at which no projection ends may be anything else: every device runs them"


def is_split(network: Network, name: str) -> bool:
    """Whether devices run their own neurons of a node; if not, each of them runs all of it.

    **Raises:** `NeuropilError` for a node of which neither can be.
    """
    node, what = network.nodes[name], f"nodes[{name!r}]"
    if isinstance(node, Network | BlockNode):
        got = f"a {type(node).__name__} inside the network"
        fail(what, got, "populations and sources", "plan a network without nested ones")
    if _is_by_neuron(node):
        return True
    if any(ends(network, p)[0] == name for p in network.projections):
        got = f"a {type(node).__name__} whose step is not that of one neuron at a time"
        expected = f"elementwise steps with a state that draw no random numbers; {SOURCES}"
        fail(what, got, expected, "draw in a source and connect it, or run on one device")
    return False


def _is_by_neuron(node: Node) -> bool:
    if isinstance(node, SweepNode) or any(shape != node.shape for shape in node.ports.values()):
        return False
    found = False

    def trace():
        nonlocal found
        key = jax.random.key(0)
        state = node.init(key=key)
        leaves = jax.tree.leaves(state)
        if not leaves or any(jnp.shape(leaf) != node.shape for leaf in leaves):
            return
        paths = tuple((name,) for name in node.sense(state))
        ticks = Ticks(jnp.arange(1), 1.0, key)
        one = circuit_node(node, dict(node.ports), {}, state, None, ticks, paths)
        found = one is not None and circuit_scan([one], [], 1) is not None

    jax.eval_shape(trace)
    return found


def check_projection(projection) -> None:
    """Refuse synapses that cannot be told apart by the neurons that they lead to."""
    name, kind = f"projection {projection.name!r}", type(projection.connectivity).__name__
    if projection.plasticity:
        _refuse(name, f"a {type(projection.plasticity.rule).__name__} that learns in the run")
    if projection.source != projection.origin:
        _refuse(name, f"the source {projection.source!r}, something that a node senses")
    if projection.connectivity.synapses(projection.weight) is None:
        _refuse(name, f"a {kind} with these delays")


def _refuse(name: str, got: str) -> NoReturn:
    expected = "fixed weights on outputs, through listed synapses or a matrix with one delay"
    fail(name, got, expected, "use Sparse (from_edges), or run on one device")


def check_together(network: Network, part) -> None:
    """Refuse populations that feed each other within a tick."""
    for projection in (network.projections[index] for index in part.projections):
        if projection.connectivity.shortest == 0:
            expected = "delays of at least one tick between populations that feed each other"
            fix = "give it a delay: devices hear of each other between ticks"
            fail(f"projection {projection.name!r}", "a delay of 0 ticks", expected, fix)
