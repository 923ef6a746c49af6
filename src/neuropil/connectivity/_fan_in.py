import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from ..core import Connectivity
from ..numerics import as_instance, as_shape, fail
from ._delays import check_ticks, join
from ._sparse import Sparse, as_weight, sources_of


class FanIn(Connectivity):
    r"""The synapses of every target side by side, as many places for each.

    $I_{t,j} = \sum_k w_{jk}\, x_{i_{jk},\,t-d_{jk}}$, over the places k that are taken.

    What arrives is gathered, which suits devices where scattering is slow. Places that are not
    taken deliver nothing, whatever their weight, and have no co-activity.

    **Arguments:** `source`, `target`, shapes of the two ends; `indices`, `[target, k]`: the sources
    of every target, -1 where there is none; `ticks`, the delays, as the indices, or one of all.

    **Raises:** `NeuropilError` for indices and delays that are out of range or no integers.

    >>> kind = FanIn(3, 2, np.array([[0, 2], [1, -1]]))
    >>> kind.transmit(jnp.ones((2, 2)), kind.read(jnp.array([[1.0, 2.0, 3.0]])))
    Array([4., 2.], dtype=float32)
    """

    source: tuple = eqx.field(static=True)
    target: tuple = eqx.field(static=True)
    indices: Int[Array, "target k"]
    ticks: Int[Array, "target k"] | None
    fan_in: int = eqx.field(static=True)
    depth: int = eqx.field(static=True)
    shortest: int = eqx.field(static=True)

    def __init__(self, source, target, indices, ticks=0):
        """Check and store the places."""
        self.source, self.target = as_shape(source, "source"), as_shape(target, "target")
        found, n_source, n_target = np.asarray(indices), *map(math.prod, (self.source, self.target))
        expected = f"whole numbers from -1 to {n_source - 1}, [{n_target}, k]"
        is_whole = np.issubdtype(found.dtype, np.integer)
        if not is_whole or found.ndim != 2 or found.shape[0] != n_target or not found.size:
            got = f"{found.dtype} of shape {found.shape}"
            fail("indices", got, expected, "give as many places to every target")
        is_taken = found >= 0
        if found.min() < -1 or found.max() >= n_source:
            got = f"numbers from {found.min()} to {found.max()}"
            fail("indices", got, expected, "check the source")
        late = check_ticks(ticks, "ticks")
        if late.shape not in ((), found.shape):
            expected = f"one delay, or one per place, shape {found.shape}"
            fail("ticks", f"shape {late.shape}", expected, "list them as the indices")
        used = late[is_taken] if late.ndim and is_taken.any() else late
        self.indices = jnp.asarray(found.astype(np.int32))
        self.fan_in = int(is_taken.sum(axis=1).max(initial=1))
        self.depth, self.shortest = int(used.max()), int(used.min())
        late = np.where(is_taken, late, self.shortest).astype(np.int32)
        self.ticks = None if self.depth == self.shortest else jnp.asarray(late)

    @property
    def weight_shape(self):
        """One weight per place, taken or not."""
        return self.indices.shape

    def read(self, window):
        """Return what every place sees; nothing, where it is not taken."""
        flat = window.reshape(window.shape[0], -1)
        found = flat[self.depth if self.ticks is None else self.ticks, jnp.maximum(self.indices, 0)]
        return jnp.where(self.indices >= 0, found, jnp.zeros((), found.dtype))

    def transmit(self, weight, seen):
        """Return the sum over the places of every target."""
        return jnp.sum(weight * seen, axis=1).reshape(self.target)

    def sweep(self, weight, past, signal):
        """Return all ticks' arrivals, tick by tick: places times ticks would not fit."""
        full, depth = join(past, signal), self.depth

        def arrive(_, now):
            window = jax.lax.dynamic_slice_in_dim(full, now, depth + 1)[::-1]
            return None, self.transmit(weight, self.read(window))

        return jax.lax.scan(arrive, None, jnp.arange(signal.shape[0]))[1]

    def constrained(self):
        """Return itself: nothing here is learnt."""
        return self


def to_fan_in(sparse: Sparse, weight):
    """Return the same synapses side by side for every target, and their weights.

    There are as many places as the target that has most synapses needs; free places weigh 0.

    **Arguments:** `sparse`; `weight`, one per synapse.

    **Raises:** `NeuropilError` for a weight of another shape.

    >>> from neuropil.connectivity import from_edges
    >>> found, weight = to_fan_in(*from_edges(3, 2, [0, 2, 1], [0, 0, 1], weight=[1.0, 2.0, 3.0]))
    >>> found.indices.tolist(), weight.tolist()
    ([[0, 2], [1, -1]], [[1.0, 2.0], [3.0, 0.0]])
    """
    as_instance(sparse, "sparse", Sparse, "a Sparse")
    weight = as_weight(sparse, weight)
    post = np.asarray(sparse.targets)
    order = np.argsort(post, kind="stable")
    row = post[order]
    counts = np.bincount(post, minlength=math.prod(sparse.target))
    place = np.arange(row.size) - np.repeat(np.cumsum(counts) - counts, counts)
    shape = counts.size, sparse.fan_in
    indices = np.full(shape, -1, np.int32)
    indices[row, place] = sources_of(sparse)[order]
    late = sparse.depth
    if sparse.ticks is not None:
        late = np.zeros(shape, np.int32)
        late[row, place] = np.asarray(sparse.ticks)[order]
    placed = jnp.zeros(shape, weight.dtype).at[row, place].set(weight[order])
    return FanIn(sparse.source, sparse.target, indices, late), placed
