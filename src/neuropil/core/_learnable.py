"""Which parameters gradient descent changes unless told otherwise."""

import dataclasses
from typing import Any

import equinox as eqx
import jax

_MARK = "learnable"


def learnable(**options: Any):
    """Return a dataclass field whose arrays training changes by default.

    Weights, learnable delays and gains are such fields; time constants and thresholds are not
    unless asked for. Takes the options of `equinox.field`.

    >>> class Gain(eqx.Module):
    ...     gain: jax.Array = learnable()
    ...     tau: jax.Array
    >>> jax.tree.leaves(learnable_mask(Gain(jax.numpy.ones(2), jax.numpy.ones(2))))
    [True, False]
    """
    return eqx.field(metadata={**options.pop("metadata", {}), _MARK: True}, **options)


def learnable_mask(tree: Any) -> Any:
    """Return the tree with True at floating-point arrays in learnable fields, False elsewhere.

    The weight of a projection that learns while it runs is not the optimiser's to change.
    """
    mask, structure = _flags(tree, False), jax.tree.structure(tree)
    return jax.tree.unflatten(structure, mask)


def _flags(tree, marked):
    if isinstance(tree, eqx.Module):
        learns_itself = getattr(tree, "plasticity", None) is not None
        found = []
        for field in dataclasses.fields(tree):
            if not field.metadata.get("static", False):
                mine = field.metadata.get(_MARK, False) and not learns_itself
                found += _flags(getattr(tree, field.name), marked or mine)
        return found
    children = jax.tree_util.default_registry.flatten_one_level(tree)
    if children is None:
        return [bool(marked and eqx.is_inexact_array(tree))]
    return [flag for child in children[0] for flag in _flags(child, marked)]
