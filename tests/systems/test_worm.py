"""The worm: shuffles keep degrees, the network rests and settles as it should, claims bite."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from neuropil.numerics import NeuropilError
from neuropil.systems import InputError, as_declared, check_claim, load_system
from neuropil.systems.worm import _network
from neuropil.systems.worm._data import synthetic_worm
from neuropil.systems.worm._measures import (
    agreement,
    p_value,
    rank_correlation,
    recounted,
    sign_agreement,
)
from neuropil.systems.worm._network import LEAK, UNIT, Connectome, potentials, responses
from neuropil.systems.worm._run import chosen
from neuropil.systems.worm._shuffle import shuffled


def counts(rng, symmetric):
    matrix = np.where(rng.random((40, 40)) < 0.15, rng.integers(1, 9, (40, 40)), 0).astype(float)
    return np.triu(matrix) + np.triu(matrix, 1).T if symmetric else matrix


@pytest.mark.parametrize("symmetric", [False, True])
def test_shuffles_keep_degrees_and_counts_and_move_most_edges(symmetric):
    before = counts(np.random.default_rng(0), symmetric)
    after = shuffled(before, np.random.default_rng(1), symmetric=symmetric)
    for axis in (0, 1):
        np.testing.assert_array_equal((before > 0).sum(axis), (after > 0).sum(axis))
    np.testing.assert_array_equal(np.sort(before, None), np.sort(after, None))
    np.testing.assert_array_equal(np.diag(before), np.diag(after))
    assert np.array_equal(after, after.T) is symmetric
    edges = before > 0
    assert (after[edges] > 0).mean() < 0.4  # those of an independent draw: 0.15


def test_a_directed_shuffle_keeps_what_every_neuron_sends():
    before = counts(np.random.default_rng(2), False)
    after = shuffled(before, np.random.default_rng(3))
    np.testing.assert_array_equal(before.sum(1), after.sum(1))


def test_shuffles_refuse_what_is_no_connectome():
    rng = np.random.default_rng(0)
    with pytest.raises(NeuropilError, match="square"):
        shuffled(np.ones((2, 3)), rng)
    with pytest.raises(NeuropilError, match="symmetric"):
        shuffled(np.triu(np.ones((3, 3))), rng, symmetric=True)


def test_gap_junctions_settle_at_the_solution_of_kirchhoffs_law(monkeypatch):
    monkeypatch.setattr(_network, "CURRENT", 1e-3)
    monkeypatch.setattr(_network, "DURATION", 1500.0)
    gaps = np.zeros((3, 3))
    gaps[0, 1] = gaps[1, 0] = 2.0
    gaps[1, 2] = gaps[2, 1] = 1.0
    found = Connectome(np.zeros((3, 3)), gaps, np.ones(3))
    conductance = np.diag(LEAK + UNIT * gaps.sum(1)) - UNIT * gaps
    expected = np.linalg.solve(conductance, [1e-3, 0.0, 0.0])
    np.testing.assert_allclose(potentials(found, np.array([0]))[-1, 0], expected, rtol=1e-3)


def test_a_chemical_synapse_acts_forward_and_with_its_neurons_sign():
    chemical = np.zeros((2, 2))
    chemical[0, 1] = 3.0
    for sign in (1.0, -1.0):
        found = Connectome(chemical, np.zeros((2, 2)), np.array([sign, 1.0]))
        answer = responses(found, np.arange(2))
        assert sign * answer[0, 1] > 0.1
        assert abs(answer[1, 0]) < 1e-3


def test_statistics():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 5, 30), rng.standard_normal(30)
    assert rank_correlation(a, b) == pytest.approx(spearmanr(a, b).statistic)
    assert sign_agreement(np.ones(4), np.array([1.0, 1.0, 1.0, -1.0])) == 0.5
    assert p_value(0.5, np.array([0.1, 0.5, 0.9])) == 0.75


def test_a_synthetic_worm_is_told_apart_by_wiring_and_sign():
    worm = synthetic_worm(0)
    own = agreement(worm, worm.found)
    blind = agreement(worm, worm.found._replace(signs=np.ones_like(worm.found.signs)))
    assert own["rank"] > 0.8 and own["sign"] > 0.75
    assert blind["sign"] == pytest.approx(0.5, abs=0.02)


@pytest.mark.slow
def test_the_small_claims_hold_and_their_ablations_break_them():
    system = load_system("worm")
    rows = [check_claim(system, claim, quick=True) for claim in system.claims_for(quick=True)]
    assert len(rows) == 2 and all(as_declared(row) for row in rows), rows


def test_neurons_are_driven_by_their_names():
    names = ("AVAL", "AVAR", "RIM")
    assert chosen("RIM, AVAL", names) == [2, 0]
    with pytest.raises(InputError, match="driven: got 'AVAX'.*\n.*AVA"):
        chosen("AVAX", names)


def test_counts_are_permuted_among_the_edges_that_there_are():
    found = synthetic_worm(0).found
    other = recounted(found, np.random.default_rng(0))
    for name in ("chemical", "electrical"):
        before, after = getattr(found, name), getattr(other, name)
        np.testing.assert_array_equal(before > 0, after > 0)
        np.testing.assert_array_equal(np.sort(before, None), np.sort(after, None))
    assert (other.electrical == other.electrical.T).all()
    assert (other.chemical != found.chemical).any()
