"""Spiking Heidelberg Digits, from made HDF5 files of the same layout."""

import h5py
import numpy as np
import pytest

from neuropil.tasks import DataDamaged, DataNotFound, MissingExtra, TaskError, shd

SAMPLES = 23


def make(path, samples, seed, *, labels=None):
    """Write a file of random spikes and return times in s, units and labels."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(0, 60, samples)
    times = [np.sort(rng.uniform(0, 1.2, n)).astype(np.float16) for n in sizes]
    units = [rng.integers(0, 700, n).astype(np.uint16) for n in sizes]
    labels = rng.integers(0, 20, samples) if labels is None else np.asarray(labels)
    with h5py.File(path, "w") as stored:
        for name, rows, kind in (("times", times, np.float16), ("units", units, np.uint16)):
            column = stored.create_dataset(f"spikes/{name}", (samples,), h5py.vlen_dtype(kind))
            for k, row in enumerate(rows):
                column[k] = row
        stored["labels"] = labels.astype(np.uint16)
    return times, units, labels


@pytest.fixture
def folder(data):
    (data / "shd").mkdir()
    make(data / "shd" / "shd_train.h5", SAMPLES, 0)
    make(data / "shd" / "shd_test.h5", 4, 1)
    return data / "shd"


@pytest.mark.parametrize("channels", [700, 300, 140, 1])
def test_made_files_are_binned_exactly(folder, channels):
    times, units, labels = make(folder / "shd_train.h5", SAMPLES, 2)
    task = shd(channels=channels, dt=4.0, duration=1000.0)
    assert task.feature_shape == (channels,)
    assert task.steps == 250
    inputs = dict(zip(task.train.ids, task.train.inputs, strict=True))
    inputs |= dict(zip(task.validation.ids, task.validation.inputs, strict=True))
    for k in range(SAMPLES):
        expected = np.zeros((250, channels), bool)
        for second, unit in zip(times[k], units[k], strict=True):
            row = int(float(second) * 1000 / 4 + 1e-9)
            if row < 250:
                expected[row, int(unit) * channels // 700] = True
        np.testing.assert_array_equal(inputs[f"train-{k}"], expected)
    held = [9, 19]
    assert task.validation.ids.tolist() == [f"train-{k}" for k in held]
    np.testing.assert_array_equal(task.validation.targets, labels[held])
    np.testing.assert_array_equal(task.train.targets, np.delete(labels, held))


def test_the_test_part_is_the_test_file(folder):
    _, _, labels = make(folder / "shd_test.h5", 5, 3)
    task = shd()
    assert task.test.ids.tolist() == [f"test-{k}" for k in range(5)]
    np.testing.assert_array_equal(task.test.targets, labels)
    assert len(task.classes) == 20


def test_a_folder_and_a_training_file_are_accepted(folder, tmp_path):
    elsewhere = folder.rename(tmp_path / "elsewhere")
    for path in (elsewhere, str(elsewhere), elsewhere / "shd_train.h5"):
        assert len(shd(path).train) == SAMPLES - 2


def test_nowhere_says_what_to_do(data, cache, folder, tmp_path):
    (folder / "shd_test.h5").unlink()
    with pytest.raises(DataNotFound, match=r"shd_test.h5\n"):
        shd()
    (folder / "shd_train.h5").unlink()
    with pytest.raises(DataNotFound) as refused:
        shd()
    for place in (data / "shd", cache / "shd", tmp_path / "share" / "datasets" / "shd"):
        assert f"  - {place}\n" in str(refused.value)
    assert "Fix: download shd_train.h5.gz" in str(refused.value)
    with pytest.raises(DataNotFound, match="absent"):
        shd(tmp_path / "absent")


def spoil_labels(path):
    make(path, 3, 0, labels=[0, 1, 20])


def spoil_units(path):
    with h5py.File(path, "a") as stored:
        stored["spikes/times"][0] = np.array([0.1], np.float16)
        stored["spikes/units"][0] = np.array([700], np.uint16)


def spoil_lengths(path):
    with h5py.File(path, "a") as stored:
        stored["spikes/times"][0] = np.array([0.1, 0.2], np.float16)
        stored["spikes/units"][0] = np.array([7], np.uint16)


def spoil_counts(path):
    with h5py.File(path, "a") as stored:
        del stored["labels"]
        stored["labels"] = np.zeros(2, np.uint16)


def spoil_layout(path):
    with h5py.File(path, "a") as stored:
        del stored["spikes/units"]


def spoil_file(path):
    path.write_bytes(path.read_bytes()[:300])


@pytest.mark.parametrize(
    "spoil",
    [spoil_labels, spoil_units, spoil_lengths, spoil_counts, spoil_layout, spoil_file],
)
@pytest.mark.parametrize("file", ["shd_train.h5", "shd_test.h5"])
def test_a_damaged_file_is_refused(folder, spoil, file):
    spoil(folder / file)
    with pytest.raises(DataDamaged, match=rf"(?s)^{folder / file}: got .*; expected .*\nFix: "):
        shd()


def test_without_h5py_the_extra_is_named(folder, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    with pytest.raises(MissingExtra, match=r'pip install "neuropil\[data\]"'):
        shd()


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"dt": 0}, "dt"),
        ({"duration": -1.0}, "duration"),
        ({"channels": 701}, "channels"),
        ({"channels": 140.0}, "channels"),
        ({"path": 3}, "path"),
    ],
)
def test_a_nonsense_argument_is_refused(options, argument):
    with pytest.raises(TaskError, match=rf"(?s)^{argument}: got .*; expected .*\nFix: "):
        shd(**options)


def test_a_file_that_is_not_for_training_is_refused(folder):
    with pytest.raises(TaskError, match=r"^path: got shd_test.h5; expected a training file"):
        shd(folder / "shd_test.h5")
