"""Parts, batches, bins and the checks on what goes into them."""

import numpy as np
import pytest

from neuropil.tasks import Split, Task, TaskError, batches, bin_events, digits, interval, time_first


def spikes(samples=7, steps=5, size=3):
    rng = np.random.default_rng(0)
    inputs = rng.random((samples, steps, size)) < 0.4
    return Split(inputs, rng.integers(0, 2, samples), np.arange(samples))


def toy(**changes):
    part = changes.pop("part", spikes())
    options = dict(name="toy", train=part, validation=part, test=part, classes=("no", "yes"))
    options |= dict(feature_shape=(3,), dt=10.0, source="made here", licence="CC0 1.0")
    return Task(**options | changes)


def test_time_first_moves_samples_behind_time():
    stored = spikes().inputs
    moved = time_first(stored)
    assert moved.dtype == np.float32
    assert moved.flags["C_CONTIGUOUS"]
    for sample, step, feature in np.ndindex(stored.shape):
        assert moved[step, sample, feature] == stored[sample, step, feature]
    assert time_first(stored, np.float16).dtype == np.float16


def test_batches_in_stored_order_are_the_split():
    part = spikes()
    pairs = list(batches(part, 3))
    assert [inputs.shape for inputs, _ in pairs] == [(5, 3, 3), (5, 3, 3), (5, 1, 3)]
    together = np.concatenate([inputs for inputs, _ in pairs], axis=1)
    np.testing.assert_array_equal(together, time_first(part.inputs))
    np.testing.assert_array_equal(np.concatenate([targets for _, targets in pairs]), part.targets)
    assert len(list(batches(part, 3, drop_last=True))) == 2
    assert list(batches(part, 8, drop_last=True)) == []


def test_shuffled_batches_keep_samples_with_their_targets():
    train = interval().train
    seen = []
    for inputs, targets in batches(train, 64, rng=np.random.default_rng(0)):
        first, second = inputs.argmax(axis=0).T
        np.testing.assert_array_equal(second - first, 3 * (targets + 1))
        seen.append(targets)
    assert np.any(np.concatenate(seen) != train.targets)
    np.testing.assert_array_equal(np.bincount(np.concatenate(seen)), np.bincount(train.targets))


def test_the_same_generator_gives_the_same_batches():
    part = digits().train
    runs = [
        [targets for _, targets in batches(part, 100, rng=np.random.default_rng(seed))]
        for seed in (3, 3, 4)
    ]
    np.testing.assert_array_equal(np.concatenate(runs[0]), np.concatenate(runs[1]))
    assert np.any(np.concatenate(runs[0]) != np.concatenate(runs[2]))


def test_static_batches_have_no_time():
    inputs, targets = next(batches(digits().train, 32))
    assert inputs.shape == (32, 64)
    assert targets.shape == (32,)


def test_parts_are_read_only_and_do_not_touch_their_source():
    source = np.zeros((2, 3), np.float32)
    part = Split(source, np.zeros(2, int), np.arange(2))
    with pytest.raises(ValueError, match="read-only"):
        part.inputs[0] = 1.0
    source[0] = 1.0


def test_take_returns_the_samples_asked_for():
    part = spikes()
    chosen = part.take([6, 0, 6])
    np.testing.assert_array_equal(chosen.inputs, part.inputs[[6, 0, 6]])
    assert chosen.ids.tolist() == [6, 0, 6]
    assert len(part.take([])) == 0
    assert part.take(2).ids.tolist() == [2]


@pytest.mark.parametrize("indices", [[7], [-1], [0.0], [[0]], [True], ["0"], None])
def test_take_refuses_what_is_no_position(indices):
    with pytest.raises(
        TaskError, match=r"(?s)^indices: got .*; expected positions from 0 to 6.*Fix"
    ):
        spikes().take(indices)


def test_a_task_describes_itself():
    task = toy()
    assert (task.features, task.steps) == (3, 5)
    text = task.describe()
    for word in ("toy: 2 classes (no, yes)", "train 7", "5 bins of 10 ms", "made here", "CC0 1.0"):
        assert word in text
    activity = float(text.split("activity")[1].split("%")[0])
    assert activity == pytest.approx(100 * task.train.inputs.mean(), abs=0.005)
    assert digits().steps is None


@pytest.mark.parametrize(
    ("changes", "argument"),
    [
        ({"inputs": [[0.0]]}, "inputs"),
        ({"inputs": np.zeros(3)}, "inputs"),
        ({"inputs": np.zeros((3, 1, 1, 1))}, "inputs"),
        ({"targets": np.zeros(2, int)}, "targets"),
        ({"targets": np.zeros((3, 1), int)}, "targets"),
        ({"ids": np.arange(4)}, "ids"),
        ({"ids": None}, "ids"),
    ],
)
def test_a_nonsense_split_is_refused(changes, argument):
    good = {"inputs": np.zeros((3, 4)), "targets": np.zeros(3, int), "ids": np.arange(3)}
    with pytest.raises(TaskError, match=rf"(?s)^{argument}: got .*; expected .*\nFix: "):
        Split(**good | changes)


@pytest.mark.parametrize(
    ("changes", "argument"),
    [
        ({"dt": None}, "train"),
        ({"dt": 0.0}, "dt"),
        ({"feature_shape": (2, 2)}, "train"),
        ({"test": np.zeros(3)}, "test"),
        ({"validation": digits().train}, "validation"),
        ({"classes": ("only",)}, "train.targets"),
    ],
)
def test_a_nonsense_task_is_refused(changes, argument):
    with pytest.raises(TaskError, match=rf"(?s)^{argument}: got .*; expected .*\nFix: "):
        toy(**changes)


@pytest.mark.parametrize(
    ("arguments", "options", "argument"),
    [
        (([1, 2], 2), {}, "split"),
        ((spikes(), 0), {}, "size"),
        ((spikes(), 2.0), {}, "size"),
        ((spikes(), 2), {"rng": 0}, "rng"),
    ],
)
def test_nonsense_batches_are_refused_at_the_call(arguments, options, argument):
    with pytest.raises(TaskError, match=rf"(?s)^{argument}: got .*; expected .*\nFix: "):
        batches(*arguments, **options)


def test_time_first_refuses_static_data():
    with pytest.raises(TaskError, match=r"^inputs: got shape \(3, 4\); expected axes"):
        time_first(np.zeros((3, 4)))


def test_events_fall_into_half_open_bins():
    times = [0.0, 9.999, 10.0, 29.999, 30.0, 1e9]
    bins = bin_events(times, [0, 1, 2, 0, 1, 1], size=3, dt=10.0, duration=30.0)
    assert np.argwhere(bins).tolist() == [[0, 0], [0, 1], [1, 2], [2, 0]]


def test_bins_are_right_where_the_width_is_no_binary_fraction():
    times = np.arange(1000) * 0.1
    bins = bin_events(times, np.zeros(1000, int), size=1, dt=0.1, duration=100.0)
    assert bins.shape == (1000, 1)
    assert bins.all()


@pytest.mark.parametrize(
    ("changes", "argument"),
    [
        ({"times": [-1.0, 0.0]}, "times"),
        ({"times": [np.nan, 0.0]}, "times"),
        ({"times": [0.0]}, "channels"),
        ({"channels": [0, 3]}, "channels"),
        ({"channels": [-1, 0]}, "channels"),
        ({"channels": [0.0, 1.0]}, "channels"),
        ({"size": 0}, "size"),
        ({"size": 3.0}, "size"),
        ({"dt": -1.0}, "dt"),
        ({"dt": 1e-12}, "dt"),
        ({"duration": 0.5}, "duration"),
    ],
)
def test_nonsense_events_are_refused(changes, argument):
    good = {"times": [0.0, 1.0], "channels": [0, 1], "size": 3, "dt": 1.0, "duration": 10.0}
    with pytest.raises(TaskError, match=rf"(?s)^{argument}: got .*; expected .*\nFix: "):
        bin_events(**good | changes)


def test_no_events_are_silence():
    assert not bin_events([], [], size=2, dt=1.0, duration=5.0).any()
