"""Closed forms of sparse patterns: SciPy's laws, published numbers, enumeration."""

import itertools

import numpy as np
import pytest
from scipy.stats import hypergeom

from neuropil.analysis import (
    false_match,
    missed_match,
    overlap_distribution,
    union_synapses,
)


@pytest.mark.parametrize(("n", "a", "s"), [(500, 64, 24), (20, 15, 12), (30, 3, 7), (9, 9, 9)])
def test_overlaps_follow_the_hypergeometric_law_of_scipy(n, a, s):
    found = overlap_distribution(n, a, s)
    np.testing.assert_allclose(found, hypergeom(n, a, s).pmf(np.arange(s + 1)), rtol=1e-9)
    assert found.sum() == pytest.approx(1.0, abs=1e-14)
    for threshold in (1, s // 2, s):
        expected = hypergeom(n, a, s).sf(threshold - 1)
        assert false_match(n, a, s, threshold) == pytest.approx(expected, rel=1e-8)


def test_what_hardly_ever_happens_is_right_too():
    assert false_match(4000, 64, 24, 12) == pytest.approx(2.23e-16, rel=1e-3)
    assert false_match(100, 7, 8, 8) == 0.0


def test_misses_are_counted_as_enumeration_does():
    active, synapses, threshold, replaced = 7, 4, 3, 3
    lost = [
        sum(cell < synapses for cell in hit)
        for hit in itertools.combinations(range(active), replaced)
    ]
    expected = np.mean([synapses - k < threshold for k in lost])
    found = missed_match(active, synapses, threshold, replaced)
    assert found == pytest.approx(expected, rel=1e-12)
    assert missed_match(40, 20, 10, 24) == pytest.approx(0.8334, abs=5e-5)
    assert missed_match(40, 20, 21, 0) == 1.0


def test_unions_have_the_size_that_drawing_gives():
    rng = np.random.default_rng(0)
    sizes = [
        len(set(itertools.chain(*(rng.choice(200, 30, replace=False) for _ in range(4)))))
        for _ in range(2000)
    ]
    error = np.std(sizes) / np.sqrt(len(sizes))
    assert abs(np.mean(sizes) - union_synapses(200, 30, 4)) < 4 * error


def test_density_decides_whether_more_cells_help():
    sparse = [false_match(n, 64, 24, 12) for n in (300, 1000, 4000)]
    dense = [false_match(n, n // 4, 24, 12) for n in (500, 4000, 20_000)]
    assert sparse[0] > 1e3 * sparse[1] > 1e6 * sparse[2]
    assert all(0.0059 < p < 0.0072 for p in dense)
