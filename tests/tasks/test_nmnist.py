"""N-MNIST: recordings decoded by hand, the real subset, and damaged ones."""

import io
import zipfile

import numpy as np
import pytest

from neuropil.tasks import DataDamaged, DataNotFound, TaskError, _nmnist, nmnist
from neuropil.tasks._content import digest_files
from neuropil.tasks._nmnist import parse_bs2


def bs2(events):
    """Recording of (x, y, polarity, microseconds)."""
    return b"".join(
        bytes([x, y]) + (polarity << 23 | micros).to_bytes(3, "big")
        for x, y, polarity, micros in events
    )


EVENTS = [
    (0, 0, 0, 0),
    (33, 33, 1, 309_999),
    (5, 20, 1, 9_999),
    (5, 20, 0, 10_000),
    (1, 2, 1, 2**23 - 1),
]


@pytest.fixture
def recordings(ship):
    """Three made recordings, shipped as if they were all."""
    files = {
        "1.bs2": bs2(EVENTS),
        "2.bs2": b"",
        "60001.bs2": bs2([(33, 0, 1, 20_000)]),
        "train1K.txt": b"#sample #class\n1\t5\n2\t0\n\n",
        "test100.txt": b"#sample #class\n60001\t7\n",
    }
    ship("nmnist", {"recordings": digest_files(files)}, [1], [2], [60001])
    return files


def store(files, data):
    folder = data / "nmnist-small"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def test_a_made_recording_is_decoded_exactly():
    decoded = parse_bs2(bs2(EVENTS), "made")
    assert [tuple(int(part[k]) for part in decoded) for k in range(len(EVENTS))] == EVENTS


def test_made_recordings_are_binned_exactly(recordings, data):
    store(recordings, data)
    task = nmnist()
    assert task.feature_shape == (2, 34, 34)
    assert task.steps == 31
    (sample,) = task.train.inputs.reshape(1, 31, 2, 34, 34)
    # Features are (polarity, row, column), that is, (p, y, x); the last event is too late.
    expected = {(0, 0, 0, 0), (30, 1, 33, 33), (0, 1, 20, 5), (1, 0, 20, 5)}
    assert set(zip(*np.nonzero(sample), strict=True)) == expected
    assert not task.validation.inputs.any()
    assert np.argwhere(task.test.inputs[0].reshape(31, 2, 34, 34)).tolist() == [[2, 1, 0, 33]]
    assert [part.targets.tolist() for _, part in task.parts()] == [[5], [0], [7]]


def test_the_real_subset_is_whole_and_its_parts_follow_their_rule(real_data):
    task = nmnist()
    lists = {}
    for name in ("train1K.txt", "test100.txt"):
        lines = (real_data / "nmnist-small" / name).read_text().split("\n")[1:]
        lists[name] = dict(map(int, line.split()) for line in lines if line.strip())
    labels = lists["train1K.txt"]
    turn, seen = {}, dict.fromkeys(range(10), 0)
    for entry in sorted(labels):
        turn[entry] = seen[labels[entry]]
        seen[labels[entry]] += 1
    assert set(task.validation.ids) == {entry for entry in labels if turn[entry] % 10 == 9}
    assert set(task.train.ids) == {entry for entry in labels if turn[entry] % 10 != 9}
    assert set(task.test.ids) == set(lists["test100.txt"])
    for _, part in task.parts():
        both = {**labels, **lists["test100.txt"]}
        np.testing.assert_array_equal(part.targets, [both[entry] for entry in part.ids])
        assert part.inputs.any(axis=(1, 2)).all()


@pytest.mark.parametrize("part", ["train", "validation", "test"])
def test_a_real_recording_is_binned_as_by_hand(real_data, part):
    split = getattr(nmnist(dt=5.0, duration=300.0), part)
    content = (real_data / "nmnist-small" / f"{split.ids[-1]}.bs2").read_bytes()
    expected = np.zeros((60, 2, 34, 34), bool)
    for at in range(0, len(content), 5):
        x, y, last = content[at], content[at + 1], int.from_bytes(content[at + 2 : at + 5], "big")
        row = (last & 0x7FFFFF) // 5000
        if row < 60:
            expected[row, last >> 23, y, x] = True
    np.testing.assert_array_equal(split.inputs[-1], expected.reshape(60, -1))
    assert expected[:, 0].any()
    assert expected[:, 1].any()


def test_pooling_joins_squares_of_pixels(real_data):
    fine, coarse = nmnist(dt=20.0), nmnist(dt=20.0, pool=4)
    assert coarse.feature_shape == (2, 9, 9)
    pixels = np.zeros((len(fine.test), fine.steps, 2, 36, 36), bool)
    pixels[..., :34, :34] = fine.test.inputs.reshape(*pixels.shape[:3], 34, 34)
    squares = pixels.reshape(*pixels.shape[:3], 9, 4, 9, 4).any(axis=(4, 6))
    np.testing.assert_array_equal(coarse.test.inputs, squares.reshape(coarse.test.inputs.shape))


def test_a_changed_recording_is_refused(recordings, data):
    (store(recordings, data) / "2.bs2").write_bytes(bs2(EVENTS[:1]))
    with pytest.raises(DataDamaged, match="nmnist-small: got content with SHA-256"):
        nmnist()


def test_a_missing_recording_is_named(recordings, data):
    (store(recordings, data) / "60001.bs2").unlink()
    with pytest.raises(DataDamaged, match=r"got 1 files less, e.g. 60001.bs2"):
        nmnist()


@pytest.mark.parametrize("content", [bytes(7), bs2([(34, 0, 0, 0)]), bs2([(0, 255, 1, 5)])])
def test_what_is_no_recording_is_refused(content):
    with pytest.raises(DataDamaged, match=r"(?s)^7.bs2: got .*; expected .*\nFix: "):
        parse_bs2(content, "7.bs2")


def test_the_archive_is_downloaded_unpacked_and_kept(recordings, shelf, cache, monkeypatch):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        for name, content in {**recordings, "3.bs2": b"other"}.items():
            packed.writestr(f"NMNISTsmall/{name}", content)
    shelf.files["small.zip"] = archive.getvalue()
    monkeypatch.setattr(_nmnist, "_ADDRESSES", (f"{shelf.url}/small.zip",))
    assert nmnist().test.targets.tolist() == [7]
    kept = cache / "nmnist-small"
    assert {path.name: path.read_bytes() for path in kept.iterdir()} == recordings
    nmnist()
    assert len(shelf.asked) == 1


def test_a_wrong_archive_is_refused(recordings, shelf, monkeypatch):
    shelf.files["small.zip"] = b"<html>not found</html>"
    monkeypatch.setattr(_nmnist, "_ADDRESSES", (f"{shelf.url}/small.zip",))
    with pytest.raises(DataDamaged, match="download: got a broken archive"):
        nmnist()


def test_nowhere_says_what_to_do(data):
    with pytest.raises(DataNotFound, match=r"(?s)nmnist-small\n.*Fix: unpack NMNISTsmall.zip"):
        nmnist()


@pytest.mark.parametrize(
    ("options", "argument"),
    [({"dt": -1.0}, "dt"), ({"duration": 1.0}, "duration"), ({"pool": 0}, "pool"),
     ({"pool": 35}, "pool"), ({"pool": 2.0}, "pool")],
)  # fmt: skip
def test_a_nonsense_argument_is_refused(options, argument):
    with pytest.raises(TaskError, match=rf"(?s)^{argument}: got .*; expected .*\nFix: "):
        nmnist(**options)
