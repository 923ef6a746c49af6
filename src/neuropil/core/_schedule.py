"""What can be said of a network before it runs: its order, its parts, how far it looks back."""

from collections.abc import Mapping
from typing import NamedTuple

from jaxtyping import Array

from ._graph import strongly_connected, topological
from ._node import resolve_port


class Part(NamedTuple):
    """Nodes that are run tick by tick together, in order, and the projections among them."""

    order: tuple[str, ...]
    projections: tuple[int, ...]


def whole(network) -> Part:
    """Return all nodes and projections as one part."""
    return Part(tick_order(network), tuple(range(len(network.projections))))


def ends(network, projection) -> tuple[str, str]:
    """Return the target node and its port."""
    name, _, port = projection.target.partition(".")
    return name, resolve_port(network.nodes[name], port, "target")


def tick_order(network) -> tuple[str, ...] | None:
    """Return the order in which nodes step in a tick, or None where no order exists.

    Sources come before targets where delays leave it open, and where nothing decides, names do:
    JAX sorts dictionaries, so that the order in which nodes were given is lost.
    """
    edges = [(p.origin, p.target.partition(".")[0]) for p in network.projections]
    along = [name for part in strongly_connected(sorted(network.nodes), edges) for name in part]
    shortest = [p.connectivity.shortest for p in network.projections]
    immediate = [edge for edge, ticks in zip(edges, shortest, strict=True) if ticks == 0]
    return topological(along, immediate)


def depths(network) -> dict[str, int]:
    """Return how many past values each source has to keep, where it has to keep any."""
    found: dict[str, int] = {}
    for p in network.projections:
        found[p.source] = max(found.get(p.source, 0), p.connectivity.depth)
    return {name: depth for name, depth in found.items() if depth > 0}


def by_node(inputs: Mapping[str, Array]) -> dict[str, dict[str, Array]]:
    """Group inputs named `node.port` by node."""
    grouped: dict[str, dict[str, Array]] = {}
    for name, value in inputs.items():
        node, _, port = name.partition(".")
        grouped.setdefault(node, {})[port] = value
    return grouped


def parts(network) -> list[Part]:
    """Return the components in the order in which they are run.

    A projection that learns ties its two ends, and the modulators it hears, into one component.
    """
    edges = []
    for p in network.projections:
        target = p.target.partition(".")[0]
        edges.append((p.origin, target))
        if p.plasticity:
            edges.append((target, p.origin))
            for modulator in p.plasticity.rule.hears:
                edges += [(modulator, target), (target, modulator)]
    order = whole(network).order
    found = []
    for members in strongly_connected(order, edges):
        inside = tuple(
            index
            for index, p in enumerate(network.projections)
            if p.origin in members and p.target.partition(".")[0] in members
        )
        found.append(Part(members, inside))
    return found
