"""Which parameters learn besides weights."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax

from ..core import Node, learnable_mask
from ..numerics import fail


def learnable_also(*fields: str) -> Callable[[Node], Any]:
    """Return what `fit` takes as `trainable`: all that learns by default, and fields by name.

    **Arguments:** `fields`, such as `"tau"` or `"threshold"`: the parameters called so of every
    neuron in the network.

    **Raises:** `NeuropilError` for what is no name; when used, for a name that no parameter has.

    >>> from neuropil.cells import lif
    >>> mask = learnable_also("tau", "threshold")(lif(3))
    >>> bool(mask.cell.tau), bool(mask.cell.rest)
    (True, False)
    """
    if not fields or not all(isinstance(name, str) and name for name in fields):
        fail("fields", fields, "names of fields", "pass e.g. learnable_also('tau', 'threshold')")

    def trainable(node: Node) -> Any:
        found = set()

        def flag(path, leaf, learns):
            names = [e.name for e in path if isinstance(e, jax.tree_util.GetAttrKey)]
            chosen = eqx.is_inexact_array(leaf) and bool(names) and names[-1] in fields
            if chosen:
                found.add(names[-1])
            return learns or chosen

        mask = jax.tree_util.tree_map_with_path(flag, node, learnable_mask(node))
        if unknown := set(fields) - found:
            got = f"the fields {sorted(unknown)}"
            fail("fields", got, "fields that a node of the network has", "check the names")
        return mask

    return trainable
