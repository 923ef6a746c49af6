"""The interval task: the interval between two spikes is all that tells the classes apart."""

import numpy as np
import pytest

from neuropil.tasks import DataDamaged, TaskError, _interval, interval

SEEDS = [0, 1, 2**63 - 1]


def onsets(part):
    return part.inputs.argmax(axis=1).T


@pytest.mark.parametrize("seed", SEEDS)
def test_counts_are_equal_and_channels_never_coincide(seed):
    for _, part in interval(seed=seed).parts():
        assert part.inputs.shape[1:] == (50, 2)
        np.testing.assert_array_equal(part.inputs.sum(axis=1), np.ones((len(part), 2)))
        assert not part.inputs.all(axis=2).any()


@pytest.mark.parametrize("seed", SEEDS)
def test_intervals_are_exact(seed):
    task = interval(seed=seed)
    assert task.dt == 10.0
    for _, part in task.parts():
        first, second = onsets(part)
        np.testing.assert_array_equal(second - first, 3 * (part.targets + 1))
        named = [float(task.classes[c].removesuffix(" ms")) for c in part.targets]
        np.testing.assert_array_equal((second - first) * task.dt, named)


def test_classes_are_equally_frequent():
    for (_, part), size in zip(interval().parts(), (2000, 500, 1000), strict=True):
        np.testing.assert_array_equal(np.bincount(part.targets), np.full(5, size // 5))


def test_the_first_spike_says_nothing_about_the_class():
    train = interval().train
    first = onsets(train)[0]
    assert set(first) == set(range(30))
    # The mean of 400 uniform draws from 0 to 29 has a standard deviation of 0.43.
    means = [first[train.targets == c].mean() for c in range(5)]
    assert np.abs(np.array(means) - 14.5).max() < 4 * 0.43


def test_parts_and_seeds_are_different_draws():
    task, again, other = interval(), interval(seed=0), interval(seed=1)
    np.testing.assert_array_equal(task.train.inputs, again.train.inputs)
    assert np.any(task.train.inputs != other.train.inputs)
    assert np.any(task.train.inputs[:500] != task.validation.inputs)
    assert np.any(task.validation.inputs != task.test.inputs[:500])


def test_draws_that_differ_from_the_published_ones_are_refused(monkeypatch):
    monkeypatch.setattr(_interval, "_ONSETS", 29)
    with pytest.raises(DataDamaged, match="interval: got content with SHA-256"):
        interval()
    assert onsets(interval(seed=1).train)[0].max() == 28


@pytest.mark.parametrize("seed", [-1, 1.0, True, "0", None, 2**63])
def test_a_nonsense_seed_is_refused(seed):
    with pytest.raises(TaskError, match=r"(?s)^seed: got .*; expected an integer.*Fix: "):
        interval(seed=seed)
