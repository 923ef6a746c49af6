"""Timescales: tasks answer what they ask, heads are told apart, and the claims hold."""

import jax
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from neuropil.systems import as_declared, check_claim, load_system
from neuropil.systems.timescales._measures import accuracies, logistic_readouts, without_memory
from neuropil.systems.timescales._network import active, build, head_of, streams, train, trainable
from neuropil.systems.timescales._settings import Heads, Settings
from neuropil.tasks import n_delayed_match, n_parity


def test_answers_are_parities_and_matches_of_the_last_bits_shown():
    for make in (n_parity, n_delayed_match):
        (bits, answers) = make(50, 4, shown=9, length=12, seed=3)
        assert not bits[:, 9:].any() and answers.shape == (50, 3)
        shown = bits[:, :9, 0].astype(int)
        for column, n in enumerate((2, 3, 4)):
            parity, same = shown[:, -n:].sum(axis=1) % 2, shown[:, -n] == shown[:, -1]
            expected = parity if make is n_parity else same
            np.testing.assert_array_equal(answers[:, column], expected)


def test_unfair_streams_have_shares_of_their_own():
    bits, _ = n_parity(400, 2, shown=100, length=100, fair=False)
    shares = bits.mean(axis=(1, 2))
    assert shares.std() > 0.25 and abs(shares.mean() - 0.5) < 0.05


@pytest.mark.parametrize(
    ("heads", "numbers", "asked"),
    [(Heads.MULTI, [2, 3, 4], [0, 1, 2]), (Heads.SINGLE, [4], [0]), (Heads.SLIDING, [2, 3, 4],
     [0, 1, 2])],
)  # fmt: skip
def test_curricula_ask_the_heads_they_should(heads, numbers, asked):
    settings = Settings(curriculum=heads, longest=6, batch_size=8)
    assert active(settings, 4) == numbers
    assert [head_of(settings, n) for n in numbers] == asked
    keys = jax.random.split(jax.random.key(0), 8)
    inputs, targets = streams("parity", settings, 4).take(np.arange(8), keys)
    assert inputs["rnn"].shape == (25, 8, 1)
    assert np.flatnonzero((targets["answers"] >= 0).all(axis=0)).tolist() == asked
    assert 6 <= targets["shown"][0] <= 17


def test_fixed_time_constants_stay_and_learnt_ones_move():
    for learn in (True, False):
        settings = Settings(neurons=12, longest=2, epochs=1, batch_size=8, learn_tau=learn)
        network = build(settings, jax.random.key(0))
        assert trainable(settings, network).nodes["rnn"].time_constant is learn
        after = train(network, "parity", settings, jax.random.key(1)).node.nodes["rnn"]
        moved = np.abs(after.time_constant - network.nodes["rnn"].time_constant).max()
        assert (float(moved) > 0) is learn


def test_new_readouts_are_those_of_scikit_learn():
    random = np.random.default_rng(0)
    x = random.normal(size=(300, 5))
    answers = (x @ random.normal(size=(5, 2)) + random.normal(size=(300, 2)) > 0).astype(int)
    found = logistic_readouts(x, answers)
    for column in range(2):
        known = LogisticRegression(C=1.0, tol=1e-8, max_iter=1000).fit(x, answers[:, column])
        np.testing.assert_allclose(found[:-1, column], known.coef_[0], rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(found[-1, column], known.intercept_[0], rtol=1e-3, atol=1e-4)


def test_without_connections_and_leaks_the_state_knows_the_last_bit_only():
    settings = Settings(neurons=20, longest=3)
    network = without_memory(build(settings, jax.random.key(0)))
    found = accuracies(network, "parity", settings)
    np.testing.assert_allclose(found, 0.5, atol=0.05)


@pytest.mark.slow
def test_the_quick_claims_hold_and_their_ablations_break_them():
    system = load_system("timescales")
    rows = [check_claim(system, claim, quick=True) for claim in system.claims_for(True)]
    assert rows and all(as_declared(row) for row in rows), rows
