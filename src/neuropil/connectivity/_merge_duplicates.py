import jax.numpy as jnp
import numpy as np

from ..numerics import as_instance
from ._from_edges import from_edges
from ._sparse import Sparse, as_weight, sources_of


def merge_duplicates(sparse: Sparse, weight):
    """Return a connectivity in which synapses of equal ends and delays are one, and its weights.

    What arrives stays the same: the weight of the one is the sum of theirs.

    **Arguments:** `sparse`; `weight`, one per synapse.

    **Raises:** `NeuropilError` for a weight of another shape.

    >>> sparse, weight = from_edges(2, 2, [0, 0, 1], [1, 1, 0], weight=[0.5, 0.25, 1.0])
    >>> merged, weight = merge_duplicates(sparse, weight)
    >>> merged.targets.tolist(), weight.tolist()
    ([1, 0], [0.75, 1.0])
    """
    as_instance(sparse, "sparse", Sparse, "a Sparse")
    weight = as_weight(sparse, weight)
    pre, post = sources_of(sparse), np.asarray(sparse.targets)
    late = np.broadcast_to(sparse.depth if sparse.ticks is None else sparse.ticks, post.shape)
    order = np.lexsort((late, post, pre))
    pre, post, late = pre[order], post[order], late[order]
    is_new = np.ones(pre.size, bool)
    is_new[1:] = (np.diff(pre) != 0) | (np.diff(post) != 0) | (np.diff(late) != 0)
    merged = jnp.zeros(int(is_new.sum()), weight.dtype).at[np.cumsum(is_new) - 1].add(weight[order])
    ends = sparse.source, sparse.target
    return from_edges(*ends, pre[is_new], post[is_new], weight=merged, ticks=late[is_new])
