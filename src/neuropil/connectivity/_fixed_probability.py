from ..numerics import as_flag
from ._assembly import BLOCK, as_ends, as_progress, assemble, generator
from ._bernoulli import rows_of, without_loops
from ._checks import as_probability
from ._sparse import Sparse


def fixed_probability(
    source, target, probability, key, *, ticks=1, loops=True, progress=None
) -> Sparse:
    r"""Return synapses of which each exists with the same probability, $A_{ij} \sim B(p)$.

    At most one synapse joins two neurons. Time and memory go with the synapses, not the pairs.

    **Arguments:** `source`, `target`, shapes of the two ends; `probability`, p; `key`; `ticks`, the
    delay of all, or a function of a key and a shape that gives whole ticks, such as
    :func:`uniform_ticks`; `loops`, whether a neuron may feed itself, where both ends are the same
    neurons; `progress`, True to draw a bar where there is a terminal, or a function that is told
    how many sources are done, and of how many.

    **Raises:** `NeuropilError` for a probability that is not between 0 and 1, and if more
    synapses than a list can hold come out.

    >>> import jax
    >>> sparse = fixed_probability(1000, 500, 0.1, jax.random.key(0))
    >>> abs(sparse.targets.size - 50_000) < 1000
    True
    """
    probability = as_probability(probability, "probability")
    n_source, n_target = as_ends(source, target, as_flag(loops, "loops"))
    random, rows = generator(key), max(1, int(BLOCK / max(1.0, n_target * probability)))
    as_progress(progress)

    def blocks():
        for first in range(0, n_source, rows):
            found = rows_of(random, min(rows, n_source - first), n_target, probability)
            yield found if loops else without_loops(first, *found)

    expected = n_source * n_target * probability
    return assemble((source, target), blocks(), expected, "probability", (ticks, key), progress)
