"""A valid call of every public name of the room of what few weights are left of."""

import jax
import numpy as np
import optax

from neuropil import cells, sparsity

from ._corrupt import Call

NODE = cells.GRU(2, 3, key=jax.random.key(0))
NOT_DENSITIES = (0.0, -0.1, 1.1, np.nan)
WHERE = {"node": NODE, "where": lambda node: node.recurrent}


def no_array(node):
    return ()


SPARSITY = {
    "magnitude_mask": Call(
        sparsity.magnitude_mask,
        {"weight": np.ones((2, 3)), "density": 0.5, "axis": 0},
        also={"density": NOT_DENSITIES, "axis": (2, -3, 0.5)},
        allowed={"axis": (None, 1, -1)},
    ),
    "prune": Call(
        sparsity.prune,
        WHERE | {"density": 0.5, "axis": 0},
        also={"where": (no_array,), "density": NOT_DENSITIES, "axis": (2, -3, 0.5)},
        allowed={"axis": (None, 1, -1)},
    ),
    "density": Call(sparsity.density, WHERE, also={"where": (no_array,)}),
    "cubic_densities": Call(
        sparsity.cubic_densities,
        {"last": 0.1, "steps": 4},
        also={"last": NOT_DENSITIES, "steps": (0,)},
    ),
    "keep_pruned": Call(
        sparsity.keep_pruned,
        {
            "optimizer": optax.sgd(0.1),
            "masks": sparsity.prune(NODE, lambda node: node.recurrent, 0.5)[1],
        },
        also={"optimizer": (0.1,), "masks": (NODE, {})},
    ),
}
