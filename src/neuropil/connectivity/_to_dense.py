import math

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..numerics import as_instance, fail
from ._delays import NoDelay, ProjectionDelay
from ._dense import Dense
from ._sparse import Sparse, as_weight, sources_of
from ._synaptic_delays import DelayedDense


def to_matrix(sparse: Sparse, weight) -> Float[Array, "source target"]:
    """Return the weights as a matrix; of several synapses of a pair, the sum.

    **Arguments:** `sparse`; `weight`, one per synapse.

    **Raises:** `NeuropilError` for a weight of another shape.

    >>> from neuropil.connectivity import from_edges
    >>> to_matrix(*from_edges(2, 2, [0, 1, 1], [1, 0, 0], weight=[1.0, 2.0, 3.0])).tolist()
    [[0.0, 1.0], [5.0, 0.0]]
    """
    as_instance(sparse, "sparse", Sparse, "a Sparse")
    weight = as_weight(sparse, weight)
    nothing = jnp.zeros((math.prod(sparse.source), math.prod(sparse.target)), weight.dtype)
    return nothing.at[sparse.sources, sparse.targets].add(weight)


def to_dense(sparse: Sparse, weight):
    """Return the all-to-all connectivity that delivers the same, and its matrix of weights.

    It is :class:`Dense` where all delays are equal, else :class:`DelayedDense`, between vectors.
    Pairs without a synapse get weight 0; as parameters they would learn.

    **Arguments:** `sparse`; `weight`, one per synapse.

    **Raises:** `NeuropilError` for a weight of another shape, two synapses of a pair whose delays
    differ, and delays that differ between ends that are no vectors.

    >>> from neuropil.connectivity import from_edges
    >>> dense, weight = to_dense(*from_edges(2, 2, [0, 1], [1, 0], ticks=[3, 1]))
    >>> dense.ticks.array.tolist()
    [[1, 3], [1, 1]]
    """
    matrix = to_matrix(sparse, weight)
    if sparse.ticks is None:
        delay = ProjectionDelay(sparse.depth) if sparse.depth else NoDelay()
        return Dense(sparse.source, sparse.target, delay), matrix
    if not len(sparse.source) == len(sparse.target) == 1:
        expected = "vectors at both ends, where delays differ"
        fail("sparse", f"shapes {sparse.source} and {sparse.target}", expected, "flatten them")
    ends, late = (sources_of(sparse), np.asarray(sparse.targets)), np.asarray(sparse.ticks)
    ticks = np.full(matrix.shape, sparse.shortest, np.int32)
    ticks[ends] = late
    if (ticks[ends] != late).any():
        got = "several synapses of a pair with different delays"
        fail("sparse", got, "one delay for each pair", "keep the list")
    return DelayedDense(ticks), matrix
