"""The system `ctm`: what it looks at, that its mechanisms are on the path, its small claims."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.core import simulate
from neuropil.systems import RunContext, RunFolder, as_declared, check_claim, load_system
from neuropil.systems.ctm import _control
from neuropil.systems.ctm._actor_critic import DISCOUNT, TRACE, advantages
from neuropil.systems.ctm._claims import Trained, with_other_pairs
from neuropil.systems.ctm._data import load, rooms, squares, with_places
from neuropil.systems.ctm._episodes import padded, play_episodes
from neuropil.systems.ctm._inner_life import (
    certainty_of,
    right_of,
    stopped_when_certain,
    synchronisation_over_time,
    thoughts,
)
from neuropil.systems.ctm._network import build, count_parameters
from neuropil.systems.ctm._pictures import ways
from neuropil.systems.ctm._plan import PLANS, Model, Settings, plan_for
from neuropil.systems.ctm._run import run
from neuropil.systems.ctm._training import judge, outputs_of, spell, train
from neuropil.tasks import mazes

KEY = jax.random.key(0)
SMALL = {
    task: dataclasses.replace(plan, samples=32, judged=16, epochs=3, ticks=8)
    for task, plan in PLANS.items()
}
OF_SAMPLES = [task for task in PLANS if task not in ("cart-pole", "fashion-mnist")]

SLOW_BUT_ONE = ["digits", *(pytest.param(t, marks=pytest.mark.slow) for t in OF_SAMPLES[1:])]


def network(task, model=Model.CTM):
    parts = load(task, SMALL[task], 0)
    return build(parts.tokens, outputs_of(task, parts), SMALL[task], model, KEY), parts


@pytest.mark.parametrize("task", SLOW_BUT_ONE)
def test_every_task_can_be_learnt_by_a_machine_and_by_an_lstm_of_as_many_parameters(task):
    counts = []
    for model in Model:
        node, parts = network(task, model)
        counts.append(count_parameters(node))
        assert np.isfinite(judge(node, task, parts, model).loss)
    assert abs(counts[0] - counts[1]) < 0.02 * counts[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "model"), [("digits", Model.CTM), ("sorting", Model.CTM), ("parity", Model.LSTM)]
)
def test_training_changes_what_is_answered(task, model):
    node, parts = network(task, model)
    fitted = train(node, task, parts, SMALL[task], KEY, model).node
    assert judge(fitted, task, parts, model).loss != judge(node, task, parts, model).loss


def test_a_place_has_weights_of_its_own():
    features = jnp.arange(6.0).reshape(3, 2)
    weights = jax.random.normal(KEY, (5, 4))  # of two features, then of three places
    seen = with_places(features)[0] @ weights
    np.testing.assert_allclose(seen, features @ weights[:2] + weights[2:], rtol=1e-6)


def test_squares_are_the_picture_piece_by_piece():
    picture = np.arange(64.0).reshape(8, 8)
    seen = np.asarray(squares(8, 2, jnp.asarray(picture.reshape(-1)), KEY))[0]
    assert seen.shape == (16, 4 + 16)
    for token in range(16):
        row, column = divmod(token, 4)
        piece = picture[2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
        np.testing.assert_array_equal(seen[token, :4], piece.reshape(-1))


def test_rooms_know_their_doors():
    maze = mazes(1, 9, seed=3).inputs[0]
    seen = np.asarray(rooms(jnp.asarray(maze), KEY))[0]
    for token, (row, column) in enumerate(np.ndindex(4, 4)):
        above, left = 2 * row + 1, 2 * column + 1
        doors = [maze[above - 1, left, 0], maze[above + 1, left, 0]]
        doors += [maze[above, left - 1, 0], maze[above, left + 1, 0]]
        np.testing.assert_array_equal(seen[token, :4], doors)
        np.testing.assert_array_equal(seen[token, 4:6], maze[above, left, 1:])
    assert seen[:, 4].sum() == seen[:, 5].sum() == 1.0


def test_the_right_moves_lead_to_the_goal_and_a_way_ends_at_a_wall():
    inputs, targets = mazes(4, 7, seed=1)
    for maze, moves in zip(inputs, targets, strict=True):
        frames = ways(maze, np.eye(5)[np.stack([moves, 0 * moves])])
        blue = (frames[0] == (0.3, 0.6, 1.0)).all(axis=-1)
        assert blue.sum() == (moves != 4).sum() - 1  # the goal itself is green
        free = maze[:, :, 0] == 1
        assert (frames[0][free].sum(axis=-1) > 0).all() and (frames[:, ~free] == 0).all()


def test_items_of_a_recall_show_a_picture_or_a_question():
    parts = load("recall", dataclasses.replace(SMALL["recall"], operations=1), 0)
    seen = np.asarray(parts.encode(parts.train.inputs[0], KEY))
    pictures, questions = np.abs(seen[:, :16, :4]).sum((1, 2)), seen[:, 16].sum(1)
    assert (pictures[:2] > 0).all() and (pictures[2:] == 0).all()
    assert (questions[2:] == 2.0).all()  # what is asked, and the place of the question


def test_lists_are_spelled_by_leaving_out_blanks_and_repetitions():
    scores = np.eye(4)[np.array([[2, 2, 3, 0, 1], [1, 3, 1, 3, 3]])]
    assert spell(jnp.asarray(scores), 3).tolist() == [[2, 0, 1], [1, 1, -1]]


def answered(node, parts):
    data = parts.encoded(parts.test)
    inputs, _ = data.take(np.arange(8), jax.random.split(KEY, 8))
    return np.asarray(simulate(node, inputs, dt=1.0, key=KEY)[1].output)


def test_private_models_and_pairs_of_neurons_are_on_the_path():
    node, parts = network("digits")
    own = answered(node, parts)
    exchanged = jax.tree.map(
        lambda x: x[::-1] if x.ndim == 2 and x.shape[0] == 64 else x[..., ::-1] if x.ndim else x,
        node.neurons.layers,
    )
    others = eqx.tree_at(lambda n: n.neurons.layers, node, exchanged)
    mixed = with_other_pairs(Trained(node, parts)).node
    found = node.attention.out_proj
    blind = eqx.tree_at(lambda n: n.attention.out_proj.weight, node, jnp.zeros_like(found.weight))
    for changed in (others, mixed, blind):
        assert np.abs(answered(changed, parts) - own).max() > 1e-4


def test_thoughts_are_those_of_a_simulation():
    for model in Model:
        node, parts = network("recall", model)
        inputs = parts.encode(parts.test.inputs[0], KEY)
        found = thoughts(node, inputs).output
        _, records = simulate(node, inputs, dt=1.0, key=KEY)
        np.testing.assert_allclose(found, records.output.reshape(found.shape), atol=1e-5)


def test_synchronisation_of_all_neurons_is_one_with_itself():
    z = np.random.default_rng(0).normal(size=(6, 4))
    found = synchronisation_over_time(z)
    np.testing.assert_allclose(np.diagonal(found, axis1=1, axis2=2), 1.0)
    last = (z.T @ z) / np.sqrt(np.outer((z**2).sum(0), (z**2).sum(0)))
    np.testing.assert_allclose(found[-1], last)


def test_stopping_at_once_takes_one_tick_and_never_stopping_takes_all():
    scores = np.random.default_rng(0).normal(size=(50, 6, 3))
    sure, right = certainty_of(scores), right_of(scores, np.zeros(50, int))
    ticks, accuracy = stopped_when_certain(sure, right)
    assert (np.diff(ticks) >= 0).all()
    assert (ticks[0], ticks[-1]) == (1.0, 6.0)
    assert (accuracy[0], accuracy[-1]) == (right[:, 0].mean(), right[:, -1].mean())


def test_advantages_are_discounted_sums_of_surprises_until_the_end():
    rng = np.random.default_rng(0)
    value, length = rng.normal(size=9), 6
    lived = (np.arange(9) < length).astype(float)
    after = np.append(value[1:length], 0.0)
    error = 1.0 + DISCOUNT * after - value[:length]
    expected = np.zeros(9)
    for t in range(length):
        expected[t] = sum((DISCOUNT * TRACE) ** k * error[t + k] for k in range(length - t))
    np.testing.assert_allclose(advantages(value[:, None], lived[:, None])[:, 0], expected)


def test_episodes_end_for_good_and_hide_velocities():
    node = build((2, 3), 3, SMALL["cart-pole"], Model.CTM, KEY)
    played = play_episodes(node, 3, 60, np.random.default_rng(0), greedy=False)
    assert played.seen.shape[1:] == (3, 2)
    assert (np.diff(played.lived, axis=0) <= 0).all() and (played.lengths >= 1).all()
    again = play_episodes(node, 3, 60, np.random.default_rng(0), greedy=False)
    np.testing.assert_array_equal(again.action, played.action)
    np.testing.assert_allclose(np.exp(played.log_prob).max(), 0.5, atol=0.5)
    assert padded(played, 70).lived.shape == (70, 3)


def test_settings_take_the_place_of_the_plan():
    plan = plan_for(Settings(size=16, hidden=0, depth=2), "parity", quick=False)
    assert (plan.size, plan.hidden, plan.depth, plan.ticks) == (16, 0, 2, PLANS["parity"].ticks)
    parts = load("parity", dataclasses.replace(plan, samples=8, judged=8), 0)
    assert parts.tokens == (16, 17) and parts.positions == 16


def context(tmp_path, data, resume=False):
    (tmp_path / "x").mkdir(exist_ok=True)
    return RunContext(RunFolder(tmp_path), 0, data, resume=resume, show=False)


@pytest.mark.slow
@pytest.mark.parametrize("model", Model)
def test_a_run_shows_the_inner_life_and_goes_on_where_it_stopped(tmp_path, model):
    settings = Settings(model=model, samples=32, epochs=1, size=7, ticks=3)
    outcome = run(settings, context(tmp_path, "maze"))
    shown = {"/".join(name.split("/")[:2]) for name in outcome.arrays}
    assert {"film/where it looks, sample 0", "curves/certainty (mean) over tick"} <= shown
    assert outcome.arrays["film/where it looks, sample 0/input"].shape == (3, 7, 7, 3)
    assert (model is Model.CTM) == ("film/synchronisation of neurons, scaled, sample 0" in shown)
    again = run(settings, context(tmp_path, "maze", resume=True))
    assert again.metrics == outcome.metrics


@pytest.mark.slow
def test_the_control_task_goes_on_bit_for_bit(tmp_path, monkeypatch):
    plan = dataclasses.replace(PLANS["cart-pole"], epochs=4, samples=4)
    node = build((2, 3), 3, plan, Model.CTM, KEY)
    whole = _control.learn(node, plan, 0)
    write = _control._write

    def stopped_after_two(stand, where):
        write(stand, where)
        if len(stand.history) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(_control, "_write", stopped_after_two)
    with pytest.raises(KeyboardInterrupt):
        _control.learn(node, plan, 0, context(tmp_path, "cart-pole"))
    monkeypatch.setattr(_control, "_write", write)
    again = _control.learn(node, plan, 0, context(tmp_path, "cart-pole", resume=True))
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 4
    for one, other in zip(jax.tree.leaves(whole), jax.tree.leaves(again), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
def test_a_run_of_the_control_task_shows_an_episode(tmp_path):
    outcome = run(Settings(epochs=1, samples=2), context(tmp_path, "cart-pole"))
    assert outcome.metrics["mean_steps_balanced"] >= 1.0
    assert "raster/one episode, inner ticks/neurons" in outcome.arrays


@pytest.mark.slow
def test_the_small_claims_hold_and_their_ablations_break_them():
    system = load_system("ctm")
    rows = [check_claim(system, claim, quick=True) for claim in system.claims_for(True)]
    assert len(rows) == 3 and all(as_declared(row) for row in rows)
