"""The system `elm`: its memory is on the forward path, and its small claims hold."""

import dataclasses
import os

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.core import simulate
from neuropil.systems import RunContext, RunFolder, as_declared, check_claim, load_system
from neuropil.systems.elm._claims import accuracy_of
from neuropil.systems.elm._data import chosen_of_each_class, for_training, load
from neuropil.systems.elm._model import build, count_trained, trained
from neuropil.systems.elm._plan import PLANS, Mechanism, Settings, plan_for
from neuropil.systems.elm._run import run
from neuropil.systems.elm._training import judge, train
from neuropil.tasks import DataNotFound, spoken_digits

KEY = jax.random.key(0)
PLAN = dataclasses.replace(PLANS["delayed-recall"], samples=40, judged=20)


def output(node, inputs):
    return simulate(node, inputs.astype(np.float32), dt=1.0, key=KEY)[1].output


def answers_of_two_cues(mechanism, change=lambda node: node):
    """Return how much the last output depends on what the cue was, and on noise just before it."""
    node = change(build(8, 4, PLAN, mechanism, KEY))
    early = np.zeros((400, 2, 8))
    early[:20, 0, 0] = early[:20, 1, 1] = 1.0
    late = np.zeros((400, 2, 8))
    late[395:, 0, 4] = 1.0
    return [float(np.abs(np.subtract(*output(node, x)[-1])).max()) for x in (early, late)]


def without_traces(node):
    return eqx.tree_at(lambda n: n.proto_w_s, node, jnp.full_like(node.proto_w_s, -1.0))


def test_what_the_cue_was_is_known_by_slow_memories_only():
    of_cue, of_noise = answers_of_two_cues(Mechanism.ELM)
    assert of_cue > 1e-3 and of_noise > 1e-3
    of_cue, of_noise = answers_of_two_cues(Mechanism.FAST)
    assert of_cue < 1e-6 and of_noise > 1e-3


def test_without_synapses_nothing_is_known():
    assert answers_of_two_cues(Mechanism.ELM, without_traces) == [0.0, 0.0]


def test_the_linear_memory_is_linear_and_the_neuron_is_not():
    rng = np.random.default_rng(0)
    x = rng.random((120, 3, 8)) < 0.3
    x = x.astype(float)
    x[:, 2] = x[:, 0] + x[:, 1]
    silent = np.zeros_like(x)
    for mechanism, is_linear in ((Mechanism.LINEAR, True), (Mechanism.ELM, False)):
        y = output(build(8, 2, PLANS["xor"], mechanism, KEY), x)
        y = y - output(build(8, 2, PLANS["xor"], mechanism, KEY), silent)
        assert np.allclose(y[:, 2], y[:, 0] + y[:, 1], atol=2e-3 * np.abs(y).max()) is is_linear


def test_the_lstm_has_as_many_parameters():
    plan = PLANS["spoken-adding"]
    nodes = [build(64, 19, plan, m, KEY) for m in (Mechanism.ELM, Mechanism.LSTM)]
    sizes = [count_trained(node, trained(False)(node)) for node in nodes]
    assert abs(sizes[0] - sizes[1]) < 0.02 * sizes[0]
    assert output(nodes[1], np.ones((5, 2, 64))).shape == (5, 2, 19)


def test_parts_differ_and_deleted_spikes_are_gone_for_one_use():
    parts = load("delayed-recall", PLAN, 0)
    assert not np.array_equal(parts.validation.inputs, parts.test.inputs)
    data = for_training(parts.train, 0.5)
    keys = jax.random.split(KEY, 40)
    (once, _), (again, _) = (data.take(np.arange(40), k) for k in (keys, keys[::-1]))
    assert not np.array_equal(once, again)
    kept, all_of_them = float(once.sum()), parts.train.inputs.sum()
    assert abs(kept / all_of_them - 0.5) < 5 * 0.5 / np.sqrt(all_of_them)
    assert not (np.asarray(once) > parts.train.inputs.swapaxes(0, 1)).any()


@pytest.mark.slow
def test_a_run_shows_the_inner_life_and_goes_on_where_it_stopped(tmp_path):
    settings = Settings(samples=64, epochs=2, learn_tau=True, units=4)
    folder = RunFolder(tmp_path)
    (tmp_path / "x").mkdir()
    outcome = run(settings, RunContext(folder, 0, "xor", show=False))
    assert outcome.metrics["trained_parameters"] == 8 + (8 + 4) * 8 + 8 + 8 * 4 + 4 + 5 * 2 + 4
    shown = {"/".join(name.split("/")[:2]) for name in outcome.arrays}
    assert {"raster/same branch", "maps/memories from fast (top) to slow, over time"} <= shown
    assert outcome.arrays["confusion"].sum() == PLANS["xor"].judged
    memory = outcome.arrays["raster/same branch/memory"]
    assert memory.shape == (120, 4) and np.abs(memory).max() > 0
    again = run(settings, RunContext(folder, 0, "xor", resume=True, show=False))
    assert again.metrics == outcome.metrics


def test_settings_take_the_place_of_the_plan():
    plan = plan_for(Settings(units=7, tau_max=90.0, version=2), "xor", quick=False)
    assert (plan.units, plan.tau_max, plan.version, plan.samples) == (7, 90.0, 2, 6000)
    assert chosen_of_each_class(load("xor", PLAN, 0).test, 3)


@pytest.mark.slow
def test_the_small_claims_hold_and_their_ablations_break_them():
    system = load_system("elm")
    rows = [check_claim(system, claim, quick=True) for claim in system.claims_for(True)]
    assert len(rows) == 2 and all(as_declared(row) for row in rows)


@pytest.mark.slow
def test_a_few_samples_of_the_xor_will_do_unless_the_memory_is_linear():
    plan = dataclasses.replace(PLANS["xor"], samples=1600, epochs=3, judged=500)
    assert accuracy_of(Mechanism.ELM, "xor", plan, 0) >= 0.95
    assert accuracy_of(Mechanism.LINEAR, "xor", plan, 0) <= 0.65


@pytest.mark.slow
def test_sums_of_spoken_digits_are_learnt_better_than_chance():
    try:
        spoken_digits()
    except DataNotFound:
        if os.environ.get("CI"):
            raise
        pytest.skip("no recordings of spoken digits on this machine")
    plan = dataclasses.replace(PLANS["spoken-adding"], units=20, samples=1600, epochs=8, judged=300)
    parts = load("spoken-adding", plan, 0)
    node = build(parts.channels, len(parts.classes), plan, Mechanism.ELM, KEY)
    fitted = train(node, parts, plan, False, KEY)
    chance = (10 - np.abs(np.arange(19) - 9)) / 100  # of each sum, whatever is heard
    entropy = -np.sum(chance * np.log(chance))
    assert judge(fitted.node, parts, plan).values["loss"] < entropy - 0.05
