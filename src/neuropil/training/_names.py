"""Where in a node a parameter is, in words."""

from typing import NamedTuple

import jax

from ..core import Network, Node


class Place(NamedTuple):
    """A parameter: its field, and the projection or node that it belongs to."""

    variable: str
    owner: str

    def __str__(self):
        return f"{self.variable} of {self.owner}"


def place(node: Node, path: tuple) -> Place:
    """Return the place of the leaf at a path of `jax.tree_util`.

    >>> from neuropil.cells import lif
    >>> (path, _), *_ = jax.tree_util.tree_leaves_with_path(lif(3))
    >>> str(place(lif(3), path))
    'tau of the node'
    """
    names: list[str] = []
    while isinstance(node, Network) and len(path) > 1:
        field, entry, path = path[0], path[1], path[2:]
        if getattr(field, "name", None) == "projections":
            inside = f" in {'.'.join(names)!r}" if names else ""
            projection = node.projections[entry.idx]
            return Place(_field(path), f"projection {projection.name!r}{inside}")
        names.append(entry.key)
        node = node.nodes[entry.key]
    return Place(_field(path), f"node {'.'.join(names)!r}" if names else "the node")


def _field(path):
    names = [entry.name for entry in path if isinstance(entry, jax.tree_util.GetAttrKey)]
    return names[-1] if names else "value"
