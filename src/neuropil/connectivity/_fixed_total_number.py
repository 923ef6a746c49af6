import numpy as np

from ..numerics import as_shape, fail
from ._assembly import BLOCK, as_progress, assemble, generator
from ._checks import as_numbers
from ._side_by_side import side_by_side
from ._sparse import Sparse


def fixed_total_number(
    sizes_source, sizes_target, number, key, *, ticks=1, progress=None
) -> Sparse:
    r"""Return so many synapses between each two populations, both ends drawn uniformly.

    Neurons of a population are side by side, as for :func:`blocks`. Several synapses may join the
    same two neurons, and a neuron may have synapses onto itself: that any of $K_{ab}$ joins two
    given neurons has the probability $1 - (1 - 1/(N_a N_b))^{K_{ab}}$.

    **Arguments:** `sizes_source`, `sizes_target`, the neurons of every population; `number`, K, the
    table `[source population, target population]` (published tables often have it the other way
    round); `key`, `ticks` and `progress`, as for :func:`fixed_probability`.

    **Raises:** `NeuropilError` for sizes that are not positive, a table of another shape, and
    numbers that are negative or not whole.

    >>> import jax
    >>> found = fixed_total_number((8, 2), (8, 2), [[30, 5], [0, 7]], jax.random.key(0))
    >>> found.weight_shape, int(found.starts[8])
    ((42,), 35)
    """
    sizes_source = as_shape(sizes_source, "sizes_source")
    sizes_target = as_shape(sizes_target, "sizes_target")
    table = as_numbers(number, "number", "a table of whole numbers from 0 on", 2)
    if table.shape != (len(sizes_source), len(sizes_target)):
        expected = f"a row for each of {len(sizes_source)} sources, {len(sizes_target)} columns"
        fail("number", f"shape {table.shape}", expected, "give one number for each pair")
    if table.min() < 0 or np.any(table != np.floor(table)):
        got = f"{table[(table < 0) | (table != np.floor(table))][0]:g}"
        fail("number", got, "whole numbers from 0 on", "round it")
    as_progress(progress)
    pieces = _pieces(generator(key), sizes_source, sizes_target, table)
    ends = sum(sizes_source), sum(sizes_target)
    return assemble(ends, pieces, float(table.sum()), "number", (ticks, key), progress)


def _pieces(random, sizes_source, sizes_target, table):
    borders = np.cumsum([0, *sizes_target[:-1]])
    for size, row in zip(sizes_source, table.astype(np.int64), strict=True):
        each = np.stack([random.multinomial(total, np.full(size, 1 / size)) for total in row])
        rows = max(1, int(BLOCK * size / max(1, row.sum())))
        for first in range(0, size, rows):
            counts = each[:, first : first + rows]
            onto = zip(counts, borders, sizes_target, strict=True)
            found = ((n, border + random.integers(0, ends, n.sum())) for n, border, ends in onto)
            yield side_by_side(counts.shape[1], found)
