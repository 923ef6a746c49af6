"""The system `egru`: events are on its forward path, and its small claims hold."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.core import Record, simulate
from neuropil.systems import as_declared, check_claim, load_system
from neuropil.systems.egru._network import HIDDEN, build, listed, numbers, recurrent
from neuropil.systems.egru._plan import PLANS, Unit
from neuropil.systems.egru._training import judge, prune_and_tune
from neuropil.tasks import markov_text

KEY = jax.random.key(0)
PLAN = dataclasses.replace(PLANS["markov"], hidden=24, embedding=8, window=20, truncate=10)
TEXT = markov_text(length=2000, held_out=200)
SYMBOLS = jax.nn.one_hot(TEXT.windows("test", 40).inputs[:3].T, 24)


def network(unit=Unit.EGRU, **changes):
    return build(24, dataclasses.replace(PLAN, **changes), unit, KEY)


def run(network, **options):
    return simulate(network, SYMBOLS, dt=1.0, key=KEY, **options)[1]


def test_the_answer_depends_on_events_alone():
    """Units that may not send leave an answer that no symbol changes; cutting R changes it."""
    silent = np.asarray(run(network(threshold=1.0)).output)
    assert (silent == silent[0, 0]).all()
    events = network()
    sent = np.asarray(run(events, record={"sent": Record(HIDDEN)}).kept["sent"])
    assert 0.2 < (sent != 0).mean() < 0.9
    assert (sent[sent != 0] > 0).all(), "what is sent is above a threshold"
    cut = eqx.tree_at(recurrent, events, 0.0 * recurrent(events))
    assert np.abs(np.asarray(run(events).output) - np.asarray(run(cut).output)).max() > 0.01


def test_forms_to_compare_are_as_large_and_begin_alike():
    events, gru = network(), network(Unit.GRU)
    assert numbers(events) == numbers(gru) == 24 * 8 + (8 + 24) * 72 + 2 * 72 + 24 * 24 + 24
    np.testing.assert_array_equal(recurrent(events), recurrent(gru))
    own = [np.asarray(n.nodes[HIDDEN].weight) for n in (events, gru)]
    np.testing.assert_array_equal(*own)


def test_rows_of_events_answer_as_the_matrix_does():
    events = network()
    outputs = [np.asarray(run(form).output) for form in (events, listed(events))]
    np.testing.assert_allclose(*outputs, atol=1e-5)


@pytest.mark.slow
def test_pruned_weights_stay_away_and_the_rest_is_tuned():
    plan = dataclasses.replace(PLAN, prunings=2, density=0.25, judged=50)
    found = prune_and_tune(network(), TEXT, plan, KEY)
    assert [p.density for p in found] == pytest.approx([1.0, 0.25 + 0.75 / 8, 0.25])
    for p in found[1:]:
        assert int(jnp.sum(recurrent(p.network) != 0)) == 24 * round(p.density * 72)
    assert found[2].operations < found[1].operations < found[0].operations
    assert found[2].scores.perplexity < judge(network(), TEXT, plan).perplexity


@pytest.mark.slow
def test_the_small_claims_hold_and_their_ablations_break_them():
    system = load_system("egru")
    rows = [check_claim(system, claim, quick=True) for claim in system.claims_for(True)]
    assert len(rows) == 4 and all(as_declared(row) for row in rows)
    assert all(row["ablation"]["holds"] is False for row in rows)
