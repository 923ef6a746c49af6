"""Losses of answers in every tick, and penalties on what is recorded, against NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.cells import EGRU
from neuropil.core import Record, Records, simulate
from neuropil.numerics import NeuropilError
from neuropil.training import penalised, sequence_cross_entropy

RNG = np.random.default_rng(0)
SCORES, TARGETS = RNG.normal(size=(7, 3, 5)), RNG.integers(0, 5, (3, 7))


def test_it_is_the_mean_of_all_ticks():
    chance = np.exp(SCORES) / np.exp(SCORES).sum(-1, keepdims=True)
    expected = [-np.mean([np.log(chance[t, b, TARGETS[b, t]]) for t in range(7)]) for b in range(3)]
    found = sequence_cross_entropy()(Records(jnp.asarray(SCORES), {}), TARGETS)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("targets", [TARGETS.T, TARGETS[:, :6], TARGETS.astype(float), TARGETS + 5])
def test_other_targets_are_refused(targets):
    with pytest.raises(NeuropilError, match="targets"):
        sequence_cross_entropy()(Records(jnp.asarray(SCORES), {}), targets)


def test_a_penalty_adds_its_mean_and_is_felt_by_what_is_recorded():
    kept = {"event": jnp.asarray(RNG.uniform(size=(7, 3, 4)))}
    records = Records(jnp.asarray(SCORES), kept)
    alone = sequence_cross_entropy()(records, TARGETS)
    found = penalised(sequence_cross_entropy(), {"event": 0.5})(records, TARGETS)
    np.testing.assert_allclose(found - alone, 0.5 * kept["event"].mean((0, 2)), rtol=1e-5)
    with pytest.raises(NeuropilError, match="weights"):
        penalised(sequence_cross_entropy(), {"no such record": 0.5})(records, TARGETS)


def test_a_penalty_on_events_lowers_potentials():
    x = RNG.normal(size=(6, 3, 4)).astype(np.float32)

    def activity(egru):
        record = {"event": Record("event")}
        _, records = simulate(egru, x, dt=1.0, key=jax.random.key(0), record=record)
        return jnp.mean(records.kept["event"])

    gradient = jax.grad(lambda egru: activity(egru))(EGRU(4, 6, key=jax.random.key(0)))
    assert np.asarray(gradient.threshold).sum() < 0, "a higher threshold, fewer events"
    assert np.abs(np.asarray(gradient.weight)).max() > 0
