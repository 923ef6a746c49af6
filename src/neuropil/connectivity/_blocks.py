import numpy as np

from ..numerics import as_flag, as_shape, fail
from ._assembly import BLOCK, as_ends, as_progress, assemble, generator
from ._bernoulli import rows_of, without_loops
from ._checks import as_numbers
from ._side_by_side import side_by_side
from ._sparse import Sparse


def blocks(
    sizes_source, sizes_target, probability, key, *, ticks=1, loops=True, progress=None
) -> Sparse:
    r"""Return synapses whose probability is that of the two populations, $A_{ij} \sim B(p_{ab})$.

    Neurons of a population are side by side: i is of the a-th source population, j of the b-th
    target population. At most one synapse joins two neurons.

    **Arguments:** `sizes_source`, `sizes_target`, the neurons of every population; `probability`,
    p, the table `[source population, target population]` (published tables often have it the other
    way round); `key`; `ticks`, `loops` and `progress`, as for :func:`fixed_probability`.

    **Raises:** `NeuropilError` for sizes that are not positive, a table of another shape, and
    probabilities that are not between 0 and 1.

    >>> import jax
    >>> table = [[0.1, 0.2], [0.5, 0.0]]
    >>> blocks((800, 200), (800, 200), table, jax.random.key(0)).source
    (1000,)
    """
    sizes_source = as_shape(sizes_source, "sizes_source")
    sizes_target = as_shape(sizes_target, "sizes_target")
    table = as_numbers(probability, "probability", "a table of numbers from 0 to 1", 2)
    if table.shape != (len(sizes_source), len(sizes_target)):
        expected = f"a row for each of {len(sizes_source)} sources, {len(sizes_target)} columns"
        fail("probability", f"shape {table.shape}", expected, "give one number for each pair")
    if table.min() < 0 or table.max() > 1:
        got = f"numbers from {table.min():g} to {table.max():g}"
        fail("probability", got, "numbers from 0 to 1", "pass e.g. 0.1")
    n_source, n_target = sum(sizes_source), sum(sizes_target)
    if not as_flag(loops, "loops") and n_source != n_target:
        expected = f"as many neurons as the target, {n_target}, where loops=False"
        fail("sizes_source", f"{n_source} neurons", expected, "pass loops=True")
    as_ends(n_source, n_target, loops)
    as_progress(progress)
    degrees = table @ np.array(sizes_target, np.float64)
    pieces = _pieces(generator(key), sizes_source, sizes_target, table, degrees, loops)
    expected = float(degrees @ np.array(sizes_source, np.float64))
    ends = n_source, n_target
    return assemble(ends, pieces, expected, "probability", (ticks, key), progress)


def _pieces(random, sizes_source, sizes_target, table, degrees, loops):
    first, borders = 0, np.cumsum([0, *sizes_target[:-1]])
    for size, row, degree in zip(sizes_source, table, degrees, strict=True):
        rows = max(1, int(BLOCK / max(1.0, degree)))
        for done in range(0, size, rows):
            n = min(rows, size - done)
            drawn = (rows_of(random, n, *onto) for onto in zip(sizes_target, row, strict=True))
            moved = zip(drawn, borders, strict=True)
            found = side_by_side(n, ((each, ends + border) for (each, ends), border in moved))
            yield found if loops else without_loops(first + done, *found)
        first += size
