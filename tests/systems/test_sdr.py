"""Sparse patterns: what is simulated, and that segments are on the path."""

import jax
import numpy as np
import pytest

from neuropil.systems import InputError, as_declared, check_claim, load_system
from neuropil.systems.sdr._network import (
    Sizes,
    as_activity,
    build,
    random_patterns,
    replace_cells,
    respond,
    summed_at_the_soma,
)
from neuropil.systems.sdr._run import best_threshold, checked
from neuropil.systems.sdr._settings import Settings
from neuropil.systems.sdr._simulated import Share

SIZES = Sizes(200, 20, 10, 6)


def test_random_patterns_hold_different_cells_all_equally_often():
    found = random_patterns(np.random.default_rng(0), (2000,), 50, 10)
    assert all(len(set(row)) == 10 for row in found)
    counts = np.bincount(found.ravel(), minlength=50)
    assert np.abs(counts - 400).max() < 5 * np.sqrt(400 * 0.8)


def test_replaced_cells_lie_outside_of_the_pattern():
    pattern = random_patterns(np.random.default_rng(0), (30,), 50, 10)
    for count in (0, 4, 10):
        noisy = replace_cells(np.random.default_rng(1), pattern, 50, count)
        kept = [len(set(a) & set(b)) for a, b in zip(pattern, noisy, strict=True)]
        assert set(kept) == {10 - count} and all(len(set(row)) == 10 for row in noisy)


def test_neurons_know_what_they_store_and_segments_do_not_add_up():
    found = build(SIZES, 50, 4, 1, seed=0)
    own = respond(found.network, found.stored[:, 2, 0])
    assert np.diagonal(own).all() and own.mean() < 0.1
    merged = summed_at_the_soma(found)
    pattern = random_patterns(np.random.default_rng(3), (40,), 200, 20)
    alone, summed = (respond(net.network, pattern).mean() for net in (found, merged))
    assert summed > 5 * alone
    total = as_activity(pattern, 200)
    (before,), (after,) = (net.network.projections for net in (found, merged))
    arrived = [
        np.asarray(jax.vmap(lambda x, p=p: p.connectivity.transmit(
            p.weight, p.connectivity.read(x[None])))(total)).sum(axis=-1)
        for p in (before, after)
    ]  # fmt: skip
    np.testing.assert_allclose(*arrived)


def test_distances_are_in_standard_errors():
    assert Share(60, 100).distance(0.5) == pytest.approx(2.0)
    assert Share(0, 100).distance(0.0) == 0.0 and Share(1, 100).distance(0.0) == np.inf


def test_the_best_threshold_is_among_those_of_dendrites():
    assert 3 <= best_threshold(Sizes(2000, 40, 30, 10)) <= 24


def test_sizes_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="synapses"):
        checked(Settings(active=10, synapses=20))


@pytest.mark.parametrize("quick", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_the_claims_hold_and_their_ablations_break_them(quick):
    system = load_system("sdr")
    rows = [check_claim(system, claim, quick=quick) for claim in system.claims_for(quick)]
    assert rows and all(as_declared(row) for row in rows), rows
