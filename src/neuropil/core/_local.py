"""A network as the devices of a mesh share it."""

import math
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.sharding import PartitionSpec
from jaxtyping import Array

from ._network import NetworkState
from ._split import Split, SplitProjection

EVERYWHERE = PartitionSpec()


class Local(eqx.Module):
    """Nodes and projections of which devices hold shares; `whole` are nodes that each runs wholly.

    What the nodes among `bits` publish is 0 or 1.
    It has the parts of a network by which a schedule is made.
    """

    nodes: dict[str, Any]
    projections: tuple[SplitProjection, ...]
    output: str = eqx.field(static=True)
    whole: frozenset[str] = eqx.field(static=True)
    bits: frozenset[str] = eqx.field(static=True)
    split: Split

    def heard(self, name: str, x: Array) -> Array:
        """Return what all devices publish, `[time, *shape]`, of what each of them does."""
        if name in self.whole:
            return x
        gather = _gathered_bits if name in self.bits else _gathered
        return gather(x, self.split.axis)[:, : self.nodes[name].shape[0]]

    def on_values(self, function: Callable[[Array, tuple], Any], name: str, tree: Any) -> Any:
        """Map a function of values and a population's shape over values of a node that is split."""
        shape = self.nodes[name].shape
        return tree if name in self.whole else jax.tree.map(lambda x: function(x, shape), tree)

    def on_state(self, function: Callable[[Array, tuple], Any], state: NetworkState):
        """Map a function of values and a population's shape over all of a state that is split."""
        nodes, histories = (
            {name: self.on_values(function, name, x) for name, x in part.items()}
            for part in (state.nodes, state.histories)
        )
        return state._replace(nodes=nodes, histories=histories)

    def on_parameters(self, function: Callable[[Array, tuple], Any], name: str) -> Any:
        """Map a function over those parameters of a node that are split, one for each neuron."""
        node = self.nodes[name]
        if name in self.whole:
            return node
        return jax.tree.map(
            lambda x: function(x, node.shape) if self._is_split(x, node.shape) else x, node
        )

    def _is_split(self, x, shape):
        return eqx.is_array(x) and self.split.is_per_neuron(x, shape)

    def state_at(self, state: NetworkState) -> NetworkState:
        """Return where a state lies."""
        nodes, histories = (
            {name: self.values_at(name, x) for name, x in part.items()}
            for part in (state.nodes, state.histories)
        )
        return state._replace(nodes=nodes, histories=histories)

    def values_at(self, name: str, tree: Any) -> Any:
        """Return where values of a node lie, which end with the axes of its neurons."""
        shape, is_whole = self.nodes[name].shape, name in self.whole
        return jax.tree.map(lambda x: EVERYWHERE if is_whole else self.split.where(x, shape), tree)

    def over_time_at(self, name: str) -> PartitionSpec:
        """Return where values of a node over time lie."""
        return EVERYWHERE if name in self.whole else PartitionSpec(None, self.split.axis)

    def at(self) -> "Local":
        """Return where every array of this lies."""
        own = PartitionSpec(self.split.axis)

        def node_at(name, node):
            split_at = lambda x: own if self._is_split(x, node.shape) else EVERYWHERE  # noqa: E731
            arrays = eqx.filter(node, eqx.is_array)
            is_whole = name in self.whole
            return _all(EVERYWHERE, arrays) if is_whole else jax.tree.map(split_at, arrays)

        nodes = {name: node_at(name, node) for name, node in self.nodes.items()}
        arrays = eqx.filter(self, eqx.is_array)
        projections = tuple(
            eqx.tree_at(
                lambda p: (p.synapses, p.sign),
                p,
                (_all(own, p.synapses), _all(EVERYWHERE, p.sign)),
                is_leaf=lambda x: x is None,
            )
            for p in arrays.projections
        )
        return eqx.tree_at(lambda s: (s.nodes, s.projections), arrays, (nodes, projections))

    def of_device(self) -> "Local":
        """Return what one device holds, seen from it: lists of synapses without other devices'."""
        projections = tuple(
            eqx.tree_at(lambda p: p.synapses, p, _first(p.synapses)) for p in self.projections
        )
        return eqx.tree_at(lambda s: s.projections, self, projections)


def _gathered(x, axis):
    return jax.lax.all_gather(x, axis, axis=1, tiled=True)


def _gathered_bits(x, axis):
    """Gather zeros and ones, eight in a byte."""
    size = math.prod(x.shape[1:])
    packed = jnp.packbits(x.reshape(x.shape[0], size) != 0, axis=1)
    bits = jnp.unpackbits(jax.lax.all_gather(packed, axis, axis=1), axis=2, count=size)
    return bits.reshape(x.shape[0], -1, *x.shape[2:]).astype(x.dtype)


def _all(where, tree):
    return jax.tree.map(lambda x: where, tree)


def _first(tree):
    return jax.tree.map(lambda x: x[0] if eqx.is_array(x) else x, tree)
