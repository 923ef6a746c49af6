"""Which parameters gradient descent changes unless told otherwise."""

import dataclasses
from typing import Any

import equinox as eqx
import jax

from ._learnable import MARK
from ._projection import Projection


def learnable_mask(tree: Any) -> Any:
    """Return the tree with True at floating-point arrays in learnable fields, False elsewhere.

    The weight of a projection that learns while it runs is not the optimiser's to change.
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
                found += _flags(getattr(tree, field.name), marked or mine)
        return found
    children = jax.tree_util.default_registry.flatten_one_level(tree)
    if children is None:
        return [bool(marked and eqx.is_inexact_array(tree))]
    return [flag for child in children[0] for flag in _flags(child, marked)]
