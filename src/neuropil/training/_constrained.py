"""Moving parameters back into their ranges, in nested networks too."""

import equinox as eqx

from ..core import Network, Node


def constrained(node: Node) -> Node:
    """Return the node with all weights, delays and the like within their bounds."""
    if isinstance(node, Network):
        inner = {name: constrained(part) for name, part in node.nodes.items()}
        return eqx.tree_at(lambda n: n.nodes, node.constrained(), inner)
    move = getattr(node, "constrained", None)
    return node if move is None else move()
