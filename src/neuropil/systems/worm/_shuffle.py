"""Connectomes with other wiring and the same degrees."""

import numpy as np

from ...numerics import fail

SWAPS = 10  # tried for every edge


def shuffled(counts: np.ndarray, rng: np.random.Generator, *, symmetric: bool = False):
    """Return a matrix whose edges are swapped at random; what an edge counts moves along with it.

    Two edges a-b and c-d become a-d and c-b, unless one of these exists or joins a neuron to
    itself. In- and out-degrees and the set of counts are kept; of a symmetric matrix, symmetry.

    **Arguments:** `counts` `[pre, post]`, zero where there is no edge; `rng`; `symmetric`.

    **Raises:** `NeuropilError` for a matrix that is not square, or not symmetric where told so.
    """
    matrix = np.array(counts, float)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        fail("counts", f"shape {matrix.shape}", "a square matrix", "pass [pre, post]")
    if symmetric and not np.array_equal(matrix, matrix.T):
        fail("counts", "a matrix that is not symmetric", "a symmetric one", "pass symmetric=False")
    own = np.diag(np.diag(matrix))  # edges of a neuron with itself stay
    rest = matrix - own
    pre, post = np.nonzero(np.triu(rest) if symmetric else rest)
    weight, edges = rest[pre, post], set(zip(pre.tolist(), post.tolist(), strict=True))

    def key(a, b):
        return (min(a, b), max(a, b)) if symmetric else (a, b)

    ends = list(zip(pre.tolist(), post.tolist(), strict=True))
    for one, two, turned in zip(
        *rng.integers(len(ends) or 1, size=(2, SWAPS * len(ends))).tolist(),
        rng.integers(2, size=SWAPS * len(ends)).tolist(),
        strict=True,
    ):
        (a, b), (c, d) = ends[one], ends[two]
        if symmetric and turned:
            c, d = d, c
        new = key(a, d), key(c, b)
        if a == d or c == b or new[0] == new[1] or new[0] in edges or new[1] in edges:
            continue
        edges -= {ends[one], ends[two]}
        edges |= set(new)
        ends[one], ends[two] = new
    after = np.zeros_like(matrix)
    for (a, b), value in zip(ends, weight, strict=True):
        after[a, b] = value
        if symmetric:
            after[b, a] = value
    return after + own
