"""The embedded digits: what scikit-learn ships, in parts that anyone can count out."""

import numpy as np
import pytest
import sklearn.datasets

from neuropil.tasks import DataDamaged, MissingExtra, digits


def test_every_sample_is_the_one_of_the_source():
    stored = sklearn.datasets.load_digits()
    for _, part in digits().parts():
        assert part.inputs.dtype == np.float32
        np.testing.assert_array_equal(part.inputs * 16, stored.data[part.ids])
        np.testing.assert_array_equal(part.targets, stored.target[part.ids])


def test_the_parts_follow_their_rule():
    names = sklearn.datasets.load_digits().target
    turn = np.array([np.sum(names[:k] == names[k]) for k in range(len(names))])
    task = digits()
    assert set(task.test.ids) == set(np.flatnonzero(turn % 5 == 4))
    assert set(task.validation.ids) == set(np.flatnonzero(turn % 10 == 3))
    assert sorted([*task.train.ids, *task.validation.ids, *task.test.ids]) == list(range(1797))


def test_classes_are_balanced():
    for _, part in digits().parts():
        counts = np.bincount(part.targets, minlength=10)
        assert counts.max() - counts.min() <= 0.1 * counts.max()


def test_another_version_of_the_source_is_refused(monkeypatch):
    other = sklearn.datasets.load_digits()
    other.data[5, 20] += 1
    monkeypatch.setattr(sklearn.datasets, "load_digits", lambda: other)
    with pytest.raises(DataDamaged, match="digits: got content with SHA-256"):
        digits()


def test_without_scikit_learn_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sklearn.datasets", None)
    with pytest.raises(MissingExtra, match=r'pip install "neuropil\[data\]"'):
        digits()
