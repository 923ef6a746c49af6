import numpy as np

from ..numerics import adopted, as_count, as_flag, empty, fail
from ._assembly import (
    BLOCK,
    as_ends,
    as_progress,
    assemble,
    check_count,
    check_delays,
    drawn_delays,
    generator,
)
from ._distinct import distinct_rows
from ._placing import put
from ._sparse import Sparse


def fixed_out_degree(
    source, target, degree, key, *, ticks=1, multapses=True, loops=True, progress=None
) -> Sparse:
    """Return the same number of synapses from every source, to targets drawn uniformly.

    **Arguments:** `source`, `target`, shapes of the two ends; `degree`, synapses per source;
    `multapses`, whether several may join the same two neurons, as they do by default; then targets
    are drawn with replacement; `key`, `ticks`, `loops` and `progress`, as for
    :func:`fixed_probability`.

    **Raises:** `NeuropilError` for a degree below 1, and more different targets than there are.

    >>> import jax
    >>> fixed_out_degree(5, 100, 3, jax.random.key(0)).starts.tolist()
    [0, 3, 6, 9, 12, 15]
    """
    draw, n_source, _ = _rows(source, target, degree, multapses, loops, of_targets=False)
    random, rows = generator(key), max(1, BLOCK // degree)
    as_progress(progress)

    def blocks():
        for first in range(0, n_source, rows):
            targets = draw(random, first, min(rows, n_source - first))
            targets.sort(axis=1)
            yield np.full(targets.shape[0], degree), targets.reshape(-1)

    ends = source, target
    return assemble(ends, blocks(), n_source * degree, "degree", (ticks, key), progress)


def fixed_in_degree(
    source, target, degree, key, *, ticks=1, multapses=True, loops=True, progress=None
) -> Sparse:
    """Return the same number of synapses onto every target, from sources drawn uniformly.

    **Arguments:** `source`, `target`, shapes of the two ends; `degree`, synapses per target;
    `multapses`, whether several may join the same two neurons, as they do by default; then sources
    are drawn with replacement; `key`, `ticks` and `loops`, as for :func:`fixed_probability`;
    `progress`, likewise, of targets.

    **Raises:** `NeuropilError` for a degree below 1, and more different sources than there are.

    >>> import jax
    >>> sparse = fixed_in_degree(100, 5, 3, jax.random.key(0))
    >>> np.bincount(sparse.targets).tolist()
    [3, 3, 3, 3, 3]
    """
    draw, n_target, n_source = _rows(source, target, degree, multapses, loops, of_targets=True)
    check_count(n_target * degree, "degree")
    check_delays(ticks)
    generator(key)  # refuses what is no key
    tell, rows = as_progress(progress), max(1, BLOCK // degree)

    def blocks():
        random = generator(key)
        for first in range(0, n_target, rows):
            n = min(rows, n_target - first)
            yield first, n, draw(random, first, n)

    counts = np.zeros(n_source, np.int64)
    for first, n, sources in blocks():  # drawn once to count, and once more to be put in place
        counts += np.bincount(sources.reshape(-1), minlength=n_source)
        tell((first + n) // 2, n_target)
    starts, targets = empty(n_source + 1), empty(n_target * degree)
    starts[0], starts[1:] = 0, np.cumsum(counts)
    free = starts[:-1].astype(np.int64)
    for first, n, sources in blocks():
        put(targets, free, sources, np.arange(first, first + n)[:, None])
        tell((n_target + first + n) // 2, n_target)
    late = drawn_delays(ticks, key, targets.size)
    return Sparse(source, target, adopted(starts), adopted(targets), late)


def _rows(source, target, degree, multapses, loops, *, of_targets):
    """Return a function that draws the other ends of some rows, and the sizes of both ends."""
    multapses, loops = as_flag(multapses, "multapses"), as_flag(loops, "loops")
    n_source, n_target = as_ends(source, target, loops)
    n_own, n_other = (n_target, n_source) if of_targets else (n_source, n_target)
    degree = as_count(degree, "degree")
    choices = n_other - (not loops)
    if degree > choices and not (multapses and choices):
        expected = f"at most {choices}, the different neurons there are to choose from"
        fail("degree", degree, expected, "lower it, or allow multapses or loops")

    def draw(random, first, n):
        if multapses:
            drawn = random.integers(0, choices, (n, degree))
        else:
            drawn = distinct_rows(random, n, choices, degree)
        if not loops:  # those from a row's own neuron on are numbered one lower
            drawn += drawn >= np.arange(first, first + n)[:, None]
        return drawn

    return draw, n_own, n_other
