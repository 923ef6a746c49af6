"""Nodes that normalise by statistics of the batch: found, averaged over steps, and frozen.

Such a node has `frozen(statistics)`, which returns its form for evaluation, and its state after a
run carries the batch's `statistics`.
"""

from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from ..core import Network, Node
from ..numerics import as_instance, fail

Statistics = dict[str, Any]


def batch_statistics(node: Node, state: Any) -> Statistics:
    """Return the statistics that a batched run left in its final state, by path of the node."""
    if hasattr(node, "frozen") and hasattr(state, "statistics"):
        return {"": jax.tree.map(lambda x: jax.lax.stop_gradient(x[0]), state.statistics)}
    if not isinstance(node, Network):
        return {}
    return {
        f"{name}.{path}" if path else name: found
        for name, inner in node.nodes.items()
        for path, found in batch_statistics(inner, state.nodes[name]).items()
    }


def no_statistics(node: Node) -> Statistics:
    """Return zeros in the form of the node's statistics."""
    state = jax.eval_shape(lambda: node.init(key=jax.random.key(0)))
    shapes = jax.eval_shape(
        lambda: batch_statistics(
            node, jax.tree.map(lambda x: jnp.zeros((1, *x.shape), x.dtype), state)
        )
    )
    return jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), shapes)


def average(old: Statistics, new: Statistics, seen: Int[Array, ""], momentum: float) -> Statistics:
    r"""Return $(1-m)\,\mathrm{old} + m\,\mathrm{new}$, with m at least one over the steps seen.

    So the average is plain at first, and exponential once `1 / momentum` steps are seen.
    """
    share = jnp.maximum(momentum, 1.0 / (seen + 1.0))
    return jax.tree.map(lambda a, b: a + share.astype(a.dtype) * (b - a), old, new)


def freeze(node: Node, statistics: Statistics) -> Node:
    """Return the node for evaluation: with these statistics in place of those of the batch.

    **Raises:** `NeuropilError` for statistics of nodes that are not there.
    """
    as_instance(node, "node", Node, "a Node")
    known = no_statistics(node)
    if not isinstance(statistics, Mapping) or set(statistics) != set(known):
        got = list(statistics) if isinstance(statistics, Mapping) else statistics
        expected = f"statistics of {list(known)}" if known else "an empty dict for this node"
        fail("statistics", got, expected, "pass those of a fit of this node")
    for path, values in statistics.items():
        node = _replace(node, path.split(".") if path else [], values)
    return node


def _replace(node, path, values):
    if not path:
        return node.frozen(values)
    changed = {**node.nodes, path[0]: _replace(node.nodes[path[0]], path[1:], values)}
    return eqx.tree_at(lambda n: n.nodes, node, changed)
