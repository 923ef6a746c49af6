import numpy as np

from ..numerics import as_count, fail
from ._assembly import BLOCK, as_progress, assemble, generator
from ._checks import as_probability
from ._distinct import completed
from ._sparse import Sparse


def small_world(n, neighbours, rewiring, key, *, ticks=1, progress=None) -> Sparse:
    """Return a ring of neurons, each feeding its neighbours, with some synapses led elsewhere.

    Directed: every neuron keeps `neighbours` synapses that leave it, half to each side; each of
    them is, with the probability `rewiring` and on its own, led to a neuron drawn uniformly. No
    neuron feeds itself, nor another one twice. Rewiring 0 is the lattice, 1 a random graph.

    **Arguments:** `n`, neurons; `neighbours`, synapses per neuron, even; `rewiring`, between 0 and
    1; `key`, `ticks` and `progress`, as for :func:`fixed_probability`.

    **Raises:** `NeuropilError` for an odd number of neighbours, or as many as there are neurons.

    >>> import jax
    >>> small_world(6, 2, 0.0, jax.random.key(0)).targets.tolist()
    [1, 5, 0, 2, 1, 3, 2, 4, 3, 5, 0, 4]

    After Watts and Strogatz 1998, doi:10.1038/30918.
    """
    n, neighbours = as_count(n, "n", minimum=3), as_count(neighbours, "neighbours")
    if neighbours % 2 or neighbours >= n:
        expected = f"an even number below n = {n}"
        fail("neighbours", neighbours, expected, "take as many of each side")
    rewiring, random = as_probability(rewiring, "rewiring"), generator(key)
    as_progress(progress)
    half, rows = neighbours // 2, max(1, BLOCK // neighbours)
    steps = np.concatenate([np.arange(1, half + 1), n - np.arange(1, half + 1)]) - 1

    def blocks():
        for first in range(0, n, rows):
            own = np.arange(first, min(first + rows, n))[:, None]
            ahead = np.broadcast_to(steps, (own.size, neighbours))  # 0 is the next neuron
            is_free = random.random(ahead.shape) < rewiring
            drawn = np.where(is_free, random.integers(0, n - 1, ahead.shape), ahead)
            targets = (completed(random, drawn, is_free, n - 1) + own + 1) % n
            targets.sort(axis=1)
            yield np.full(own.size, neighbours), targets.reshape(-1)

    return assemble((n, n), blocks(), n * neighbours, "neighbours", (ticks, key), progress)
