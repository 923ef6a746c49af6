"""Tasks that are made when needed: targets follow from inputs by independent means."""

import hashlib

import numpy as np
import pytest
from scipy import ndimage
from scipy.sparse.csgraph import shortest_path

from neuropil.tasks import (
    MAZE_MOVES,
    Split,
    TaskError,
    branch_xor,
    cumulative_parity,
    delayed_recall,
    digit_recall,
    digit_sums,
    digits,
    masked_cart_pole,
    mazes,
    sorting,
)

IMAGES = Split(np.eye(10, dtype=np.float32), np.arange(10)[::-1].copy(), np.arange(10))
SPOKEN = Split(np.random.default_rng(0).random((40, 6, 3)) < 0.5, np.arange(40) % 20, np.arange(40))
MAKERS = {
    "delayed recall": lambda seed: delayed_recall(50, 60, seed=seed),
    "xor": lambda seed: branch_xor(50, seed=seed),
    "sums": lambda seed: digit_sums(SPOKEN, 50, seed=seed),
    "parity": lambda seed: cumulative_parity(50, 8, seed=seed),
    "mazes": lambda seed: mazes(50, 7, seed=seed),
    "sorting": lambda seed: sorting(50, 6, seed=seed),
    "recall": lambda seed: digit_recall(IMAGES, 50, seed=seed),
}
STEP = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1), "stay": (0, 0)}


@pytest.mark.parametrize("name", MAKERS)
def test_a_seed_gives_the_same_samples_and_another_seed_others(name):
    make = MAKERS[name]
    for one, again, other in zip(make(3), make(3), make(4), strict=True):
        np.testing.assert_array_equal(one, again)
        assert (one != other).any()


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("delayed recall", "c2bf"),
        ("xor", "a7ef"),
        ("sums", "86fc"),
        ("parity", "ab22"),
        ("mazes", "b856"),
        ("sorting", "5c96"),
        ("recall", "e5a9"),
    ],
)
def test_targets_are_as_they_always_were(name, start):
    assert hashlib.sha256(MAKERS[name](0).targets.tobytes()).hexdigest().startswith(start)


def test_parity_is_the_sign_of_the_product_so_far():
    inputs, targets = cumulative_parity(4000, 16, seed=1)
    assert set(np.unique(inputs)) == {-1.0, 1.0}
    np.testing.assert_array_equal(np.cumprod(inputs, axis=1), 1 - 2 * targets)
    # The mean of 4,000 fair draws has a standard deviation of 0.016; so have all correlations.
    assert np.abs(inputs.mean(axis=0)).max() < 5 * 0.016
    between = np.corrcoef(np.concatenate([inputs[:, 1:], 2 * targets[:, 1:] - 1], axis=1).T)
    assert np.abs(between - np.eye(30)).max() < 5 * 0.016


def test_sorting_puts_normal_numbers_in_order():
    inputs, targets = sorting(2000, 10, seed=2)
    np.testing.assert_array_equal(
        np.take_along_axis(inputs, targets, axis=1), np.sort(inputs, axis=1)
    )
    np.testing.assert_array_equal(np.sort(targets, axis=1), np.tile(np.arange(10), (2000, 1)))
    assert abs(inputs.mean()) < 5 / np.sqrt(inputs.size)
    assert abs(inputs.std() - 1) < 5 / np.sqrt(2 * inputs.size)
    assert np.percentile(inputs, 97.5) == pytest.approx(1.96, abs=0.06)


@pytest.mark.parametrize("size", [5, 7, 11, 19])
def test_mazes_are_trees_and_the_moves_take_the_only_way(size):
    inputs, targets = mazes(40, size, seed=5)
    side = size // 2
    assert inputs.shape == (40, size, size, 3) and targets.shape == (40, 2 * (side**2 - 1))
    np.testing.assert_array_equal(inputs[..., 1:].sum((1, 2)), 1.0)
    for picture, moves in zip(inputs, targets, strict=True):
        free = picture[..., 0] > 0
        _, pieces = ndimage.label(free)
        assert pieces == 1 and free.sum() == 2 * side**2 - 1  # a tree: one edge less than rooms
        start, goal = (np.argwhere(picture[..., channel] > 0)[0] for channel in (1, 2))
        at, walked = start, 0
        for move in moves:
            at = at + STEP[MAZE_MOVES[move]]
            assert free[tuple(at)]
            walked += MAZE_MOVES[move] != "stay"
        np.testing.assert_array_equal(at, goal)
        assert (moves[walked:] == 4).all()
        assert walked == _distance(free, start, goal)


def _distance(free, start, goal):
    number = np.full(free.shape, -1)
    number[free] = np.arange(free.sum())
    graph = np.zeros((free.sum(),) * 2)
    for first, second in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        both = free[first] & free[second]
        graph[number[first][both], number[second][both]] = 1
    found = shortest_path(graph, directed=False, unweighted=True, indices=number[tuple(start)])
    return found[number[tuple(goal)]]


def test_moves_are_cut_or_filled_up():
    longest, cut, filled = (mazes(9, 7, steps).targets for steps in (None, 5, 20))
    np.testing.assert_array_equal(cut, longest[:, :5])
    np.testing.assert_array_equal(filled[:, :16], longest)
    assert (filled[:, 16:] == 4).all()


def test_starts_goals_and_walls_are_spread_over_the_maze():
    inputs, _ = mazes(3000, 7, seed=1)
    for channel in (1, 2):
        found = inputs[:, 1::2, 1::2, channel].mean(0)
        assert np.abs(found - 1 / 9).max() < 5 * np.sqrt(8 / 81 / 3000)
    opened = inputs[..., 0].mean(0)
    np.testing.assert_allclose(opened, opened.T, atol=0.05)  # no direction is favoured
    np.testing.assert_allclose(opened, opened[::-1, ::-1], atol=0.05)


@pytest.mark.parametrize("operations", [0, 1, 3])
def test_recall_answers_what_it_asks(operations):
    inputs, targets = digit_recall(IMAGES, 300, 3, operations, seed=7)
    assert inputs.shape == (300, 3 + 2 * operations + 2, 10 + 3 + 3)
    shown = IMAGES.targets[inputs[:, :3, :10].argmax(-1)]
    np.testing.assert_array_equal(inputs[:, :3, 10:], 0.0)
    np.testing.assert_array_equal(inputs.sum((1, 2)), 3 + 2 * operations + 2)
    answer, sign = np.zeros(300, int), np.ones(300, int)
    for item in inputs[:, 3:-1].swapaxes(0, 1):
        is_position = item[:, 10:13].any(1)
        if is_position.all():
            answer += sign * shown[np.arange(300), item[:, 10:13].argmax(1)]
        else:
            assert not is_position.any()
            sign = np.where(item[:, 13] > 0, 1, -1)
    np.testing.assert_array_equal(answer % 10, targets)
    assert (inputs[:, -1, -1] == 1).all()


def test_recall_shows_real_digits():
    inputs, _ = digit_recall(digits().train, 5)
    assert inputs.shape == (5, 10, 64 + 7)
    known = {image.tobytes() for image in digits().train.inputs}
    assert all(image.tobytes() in known for image in inputs[0, :4, :64].copy())


def test_other_classes_than_digits_cannot_be_added():
    with pytest.raises(TaskError, match="split"):
        digit_recall(Split(np.eye(2, dtype=np.float32), np.array([0, 10]), np.arange(2)), 3)


def test_the_cart_pole_shows_position_and_angle_only():
    pytest.importorskip("gymnasium")
    masked = masked_cart_pole()
    seen, _ = masked.reset(seed=1)
    state = masked.unwrapped.state
    np.testing.assert_allclose(seen, np.asarray(state, np.float32)[[0, 2]])
    assert masked.observation_space.contains(seen)
    after, reward, *_ = masked.step(0)
    state = np.asarray(masked.unwrapped.state, np.float32)
    np.testing.assert_allclose(after, state[[0, 2]])
    assert reward == 1.0 and masked.spec.id == "CartPole-v1"


def test_a_cue_fires_at_half_of_its_steps_and_nothing_tells_of_it_later():
    inputs, targets = delayed_recall(3000, 100, 3, seed=1)
    cue, noise = inputs[:, :, :3], inputs[:, :, 3:]
    own = np.arange(3) == targets[:, None]
    assert not cue[:, 20:].any() and not cue[:, :20].swapaxes(1, 2)[~own].any()
    assert cue[:, :20].swapaxes(1, 2)[own].mean() == pytest.approx(0.5, abs=5 * 0.5 / 60000**0.5)
    assert noise.mean() == pytest.approx(0.05, abs=5 * (0.05 * 0.95 / noise.size) ** 0.5)
    for k in range(3):  # noise is the same in all classes
        mean = noise[targets == k].mean()
        assert mean == pytest.approx(0.05, abs=5 * (0.05 * 0.95 / (noise.size / 4)) ** 0.5)
    np.testing.assert_allclose(np.bincount(targets) / 3000, 1 / 3, atol=5 * 0.0087)


def test_in_the_xor_no_channel_and_no_time_alone_tells_the_classes_apart():
    inputs, targets = branch_xor(4000, 60, 3, seed=2)
    groups = inputs.reshape(4000, 60, 2, 3).mean(axis=3)
    early = groups[:, :20].mean(axis=1).argmax(axis=1)
    late = groups[:, 30:50].mean(axis=1).argmax(axis=1)
    np.testing.assert_array_equal(early ^ late, targets)
    assert inputs[:, 50:].mean() == pytest.approx(0.05, abs=0.002)
    assert groups[np.arange(4000), :20, early].mean() == pytest.approx(0.525, abs=0.005)
    by_class = [inputs[targets == y].mean(axis=0) for y in (0, 1)]
    assert np.abs(by_class[0] - by_class[1]).max() < 5 * 0.5 * (2 / 2000) ** 0.5


def test_sums_are_of_the_digits_that_follow_each_other():
    inputs, targets = digit_sums(SPOKEN, 200, 3, seed=1)
    found = [
        [int(np.flatnonzero((SPOKEN.inputs == part).all(axis=(1, 2)))[0]) for part in parts]
        for parts in inputs.reshape(200, 3, 6, 3)
    ]
    np.testing.assert_array_equal((SPOKEN.targets[found] % 10).sum(axis=1), targets)
    assert targets.max() > 18
