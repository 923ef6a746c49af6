"""Whether class indices fit the scores that a node gives, before the first run."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..core import Node
from ._data import Arrays, Data, Encoded
from ._order import sample_keys
from ._step import Recipe


def check_classes(recipe: Recipe, node: Node, data: Data, key: Any, size: int) -> None:
    """Refuse class indices beyond the classes; nothing is run, only shapes are followed.

    Inside a compiled step an index that is too large gives NaN, and a negative one counts from the
    end. Losses and metrics are therefore traced with the lowest and the highest index of the whole
    set, as numbers. What `Batches` makes is not looked at here.

    **Raises:** `NeuropilError` that names the targets.
    """
    targets = data.targets if isinstance(data, Arrays | Encoded) else None
    if np.ndim(targets) != 1 or not np.issubdtype(np.asarray(targets).dtype, np.integer):
        return
    indices = np.zeros(size, int)
    keys = sample_keys(key, indices)
    inputs, _ = jax.eval_shape(lambda keys: data.take(indices, keys), keys)
    _, records = jax.eval_shape(lambda x: recipe.run(node, x, keys), inputs)
    for extreme in (np.min(targets), np.max(targets)):
        same = jnp.asarray(np.full(size, extreme))
        for function in (recipe.loss, *(metric for _, metric in recipe.metrics)):
            jax.eval_shape(lambda records, f=function, y=same: f(records, y), records)
