"""Tonic data sets, played by an object with their three properties."""

import dataclasses

import numpy as np
import pytest

from neuropil.tasks import TaskError, tonic_events

CAMERA = np.dtype([("x", np.int16), ("y", np.int16), ("t", np.int64), ("p", bool)])
EAR = np.dtype([("t", np.int64), ("x", np.int64), ("p", np.int64)])


@dataclasses.dataclass
class Gestures:
    items: list
    sensor_size: tuple | None = (6, 4, 2)

    def __len__(self):
        return len(self.items)

    def __getitem__(self, k):
        return self.items[k]


def recording(rng, events=40, start=1_000_000):
    made = np.zeros(events, CAMERA)
    made["x"], made["y"] = rng.integers(0, 6, events), rng.integers(0, 4, events)
    made["p"], made["t"] = rng.integers(0, 2, events), start + rng.integers(0, 90_000, events)
    made["t"][7] = start
    return made


@pytest.fixture
def gestures():
    rng = np.random.default_rng(0)
    return Gestures([(recording(rng), int(k % 3)) for k in range(31)])


def test_events_are_binned_exactly(gestures):
    task = tonic_events(gestures, dt=5.0, duration=60.0)
    assert task.feature_shape == (2, 4, 6)
    for part in (task.train, task.validation, task.test):
        for entry, sample, target in zip(part.ids, part.inputs, part.targets, strict=True):
            k = int(entry.removeprefix("train-"))
            events, label = gestures[k]
            expected = np.zeros((12, 2, 4, 6), bool)
            for x, y, t, p in events.tolist():
                row = (t - 1_000_000) // 5000
                if row < 12:
                    expected[row, int(p), y, x] = True
            np.testing.assert_array_equal(sample, expected.reshape(12, -1))
            assert target == label


def test_the_parts_follow_their_rule(gestures):
    alone = tonic_events(gestures)
    assert alone.validation.ids.tolist() == ["train-9", "train-19", "train-29"]
    assert alone.test.ids.tolist() == ["train-8", "train-18", "train-28"]
    assert len(alone.train) == 25
    official = tonic_events(gestures, Gestures(gestures.items[:2]))
    assert official.test.ids.tolist() == ["test-0", "test-1"]
    assert "train-8" in official.train.ids
    assert len(official.train) == 28


def test_pooling_joins_squares_of_pixels(gestures):
    fine = tonic_events(gestures).train.inputs.reshape(-1, 100, 2, 4, 6)
    task = tonic_events(gestures, pool=3)
    assert task.feature_shape == (2, 2, 2)
    padded = np.zeros((*fine.shape[:3], 6, 6), bool)
    padded[..., :4, :] = fine
    squares = padded.reshape(*fine.shape[:3], 2, 3, 2, 3).any(axis=(4, 6))
    np.testing.assert_array_equal(task.train.inputs, squares.reshape(task.train.inputs.shape))


def test_one_axis_and_one_polarity_are_enough():
    events = np.array([(500, 2, 1), (12_500, 4, 1)], EAR)
    task = tonic_events(Gestures([(events, 1)] * 9, sensor_size=(5, 1, 1)), duration=20.0)
    assert task.feature_shape == (1, 1, 5)
    assert np.argwhere(task.train.inputs[0]).tolist() == [[0, 2], [1, 4]]


def test_a_recording_without_events_is_silent(gestures):
    gestures.items[3] = (np.zeros(0, CAMERA), 2)
    task = tonic_events(gestures)
    assert not task.train.inputs[3].any()
    assert task.train.inputs[2].any()


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("x", 6, "x from 0 to 6 in sample 4; expected 0 to 5"),
        ("x", -1, "x from -1 to 5 in sample 4; expected 0 to 5"),
        ("y", 4, "y from 0 to 4 in sample 4; expected 0 to 3"),
    ],
)
def test_events_beside_the_sensor_are_refused(gestures, field, value, text):
    gestures.items[4][0][field][0] = value
    with pytest.raises(TaskError, match=rf"(?s)^dataset: got {text}.*\nFix: "):
        tonic_events(gestures)


def with_item(gestures, item):
    return Gestures([*gestures.items, item])


@pytest.mark.parametrize(
    ("spoil", "text"),
    [
        (lambda g: g.items, "dataset: got list with sensor_size None"),
        (lambda g: Gestures(g.items, None), "dataset: got Gestures with sensor_size None"),
        (lambda g: Gestures([]), "dataset: got 0 samples"),
        (lambda g: Gestures(g.items, (6, 4)), "dataset: got 31 samples, sensor_size .6, 4."),
        (lambda g: Gestures(g.items, (6, 4.0, 2)), "dataset.sensor_size: got 4.0"),
        (lambda g: with_item(g, (np.zeros((9, 2, 4, 6)), 0)), "dataset: got sample 31 of type"),
        (lambda g: with_item(g, (np.zeros(3, CAMERA), "left")), "dataset: got target 'left'"),
        (lambda g: with_item(g, (np.zeros(3, CAMERA), -1)), "dataset: got target -1"),
    ],
)
def test_what_is_no_event_data_set_is_refused(gestures, spoil, text):
    with pytest.raises(TaskError, match=rf"(?s)^{text}.*; expected .*\nFix: "):
        tonic_events(spoil(gestures))


def test_a_test_part_of_another_sensor_is_refused(gestures):
    with pytest.raises(TaskError, match=r"^test: got sensor_size \(6, 5, 2\)"):
        tonic_events(gestures, Gestures(gestures.items, (6, 5, 2)))


@pytest.mark.parametrize("options", [{"dt": 0.0}, {"duration": "1"}, {"pool": 0}, {"pool": 1.5}])
def test_a_nonsense_argument_is_refused(gestures, options):
    (argument,) = options
    with pytest.raises(TaskError, match=rf"(?s)^{argument}: got .*; expected .*\nFix: "):
        tonic_events(gestures, **options)
