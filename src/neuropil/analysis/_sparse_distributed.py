"""How often sparse patterns are taken for each other, in closed form.

Patterns are random sets of active cells. Everything is counted with whole numbers, so that
probabilities are right however small they are.
"""

from math import comb

import numpy as np
from jaxtyping import Float

from ..numerics import as_count, fail


def overlap_distribution(
    cells: int, active: int, synapses: int
) -> Float[np.ndarray, " synapses_plus_1"]:
    r"""Return the probability that b synapses are on active cells of a random pattern, for every b.

    $$P(b) = \binom{s}{b}\binom{n-s}{a-b} \Big/ \binom{n}{a},\qquad b = 0 \ldots s$$

    **Arguments:** `cells` n; `active` a, the active cells of a pattern; `synapses` s, on different
    cells.

    **Raises:** `NeuropilError` for more active cells or synapses than cells.

    >>> overlap_distribution(4, 2, 2).round(4).tolist()
    [0.1667, 0.6667, 0.1667]

    Source: Ahmad and Hawkins 2016, arXiv:1601.00720.
    """
    n, a, s = _as_sizes(cells, active, synapses)
    every = comb(n, a)
    ways = [comb(s, b) * comb(n - s, a - b) if b <= a else 0 for b in range(s + 1)]
    return np.array([count / every for count in ways])


def false_match(cells: int, active: int, synapses: int, threshold: int) -> float:
    r"""Return the probability that a random pattern activates a segment, $\sum_{b\ge\theta} P(b)$.

    **Arguments:** `cells` n, `active` a and `synapses` s as for :func:`overlap_distribution`;
    `threshold` $\theta$, active synapses that a segment needs.

    **Raises:** `NeuropilError` as there, and for a threshold below 1.

    >>> f"{false_match(1000, 200, 25, 15):.4e}"
    '1.0014e-05'

    Source: Ahmad and Hawkins 2016, arXiv:1601.00720.
    """
    probabilities = overlap_distribution(cells, active, synapses)
    return float(probabilities[as_count(threshold, "threshold") :][::-1].sum())


def missed_match(active: int, synapses: int, threshold: int, replaced: int) -> float:
    r"""Return the probability that a segment misses its pattern when some cells are replaced.

    Replaced cells $\nu$ hit k of the synapses: $\sum_{k > s-\theta}
    \binom{s}{k}\binom{a-s}{\nu-k} / \binom{a}{\nu}$. Cells that take their place lie outside of the
    pattern, and outside of the segment's synapses.

    **Arguments:** `active` a; `synapses` s, on cells of the pattern; `threshold` $\theta$;
    `replaced` $\nu$, of the active cells.

    **Raises:** `NeuropilError` for more synapses, or more replaced cells, than active ones.

    >>> missed_match(40, 20, 10, 8), round(missed_match(40, 20, 10, 24), 4)
    (0.0, 0.8334)

    Source: derived from the hypergeometric law; Ahmad and Hawkins 2016, arXiv:1601.00720.
    """
    a, s = as_count(active, "active"), as_count(synapses, "synapses")
    theta, lost = as_count(threshold, "threshold"), as_count(replaced, "replaced", minimum=0)
    for name, value in (("synapses", s), ("replaced", lost)):
        if value > a:
            fail(name, value, f"at most {a}, the active cells", "lower it")
    least = max(s - theta + 1, 0)
    ways = [comb(s, k) * comb(a - s, lost - k) for k in range(least, min(s, lost) + 1)]
    return sum(ways) / comb(a, lost)


def union_synapses(cells: int, synapses: int, patterns: int) -> float:
    r"""Return how many different synapses a segment has that stores several patterns.

    $s_M = n\,(1 - (1 - s/n)^M)$, to be rounded where `false_match` is asked.

    **Arguments:** `cells` n; `synapses` s for each pattern; `patterns` M.

    **Raises:** `NeuropilError` for more synapses than cells.

    >>> round(union_synapses(1000, 25, 3), 2)
    73.14

    Source: Ahmad and Hawkins 2016, arXiv:1601.00720.
    """
    n, _, s = _as_sizes(cells, 1, synapses)
    return n * (1.0 - (1.0 - s / n) ** as_count(patterns, "patterns"))


def _as_sizes(cells, active, synapses):
    n = as_count(cells, "cells")
    for name, value in (("active", active), ("synapses", synapses)):
        if as_count(value, name) > n:
            fail(name, value, f"at most {n}, the number of cells", "lower it")
    return n, int(active), int(synapses)
