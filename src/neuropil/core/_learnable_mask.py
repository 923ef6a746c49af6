"""Which parameters gradient descent changes unless told otherwise."""

import dataclasses
from typing import Any

import equinox as eqx
import jax

from ._learnable import MARK
from ._network import Network, receptor_of
from ._projection import Projection


def learnable_mask(tree: Any) -> Any:
    """Return the tree with True at floating-point arrays in learnable fields, False elsewhere.

    The weight of a projection that learns while it runs is not the optimiser's to change, nor one
    of which the receptor at its end holds a sum, as gap junctions do.
    """
    mask, structure = _flags(tree, False), jax.tree.structure(tree)
    return jax.tree.unflatten(structure, mask)


def _flags(tree, marked):
    if isinstance(tree, eqx.Module):
        learns_itself = isinstance(tree, Projection) and tree.plasticity is not None
        found = []
        for field in dataclasses.fields(tree):
            if not field.metadata.get("static", False):
                mine = field.metadata.get(MARK, False) and not learns_itself
                part = getattr(tree, field.name)
                if isinstance(tree, Network) and field.name == "projections":
                    found += [flag for p in part for flag in _of_projection(tree, p, marked)]
                else:
                    found += _flags(part, marked or mine)
        return found
    children = jax.tree_util.default_registry.flatten_one_level(tree)
    if children is None:
        return [bool(marked and eqx.is_inexact_array(tree))]
    return [flag for child in children[0] for flag in _flags(child, marked)]


def _of_projection(network, projection, marked):
    receptor = receptor_of(network, projection)
    if receptor is not None and receptor.knows_weights:
        return [False] * len(jax.tree.leaves(projection))
    return _flags(projection, marked)
