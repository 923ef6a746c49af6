"""Spoken digits: the real recordings, and small made ones for every way it can go wrong."""

import io
import tarfile
import wave

import numpy as np
import pytest

from neuropil.tasks import (
    Cochlea,
    DataDamaged,
    DataNotFound,
    TaskError,
    _spoken,
    bin_events,
    spoken_digits,
)
from neuropil.tasks._content import digest_files

EAR = Cochlea(channels=8)


def sound(path):
    with wave.open(str(path)) as stored:
        return np.frombuffer(stored.readframes(stored.getnframes()), "<i2")


def wav(samples, rate=8000):
    target = io.BytesIO()
    with wave.open(target, "wb") as stored:
        stored.setnchannels(1)
        stored.setsampwidth(2)
        stored.setframerate(rate)
        stored.writeframes(np.asarray(samples, "<i2").tobytes())
    return target.getvalue()


@pytest.fixture
def recordings(ship):
    """Three made recordings, shipped as if they were all."""
    time = np.arange(2000) / 8000
    names = ["0_ann_5", "1_ann_6", "7_bob_0"]
    files = {
        f"{name}.wav": wav(9000 * np.sin(2 * np.pi * (k + 2) * 200 * time))
        for k, name in enumerate(names)
    }
    content = {"recordings": digest_files(files)}
    ship("spoken-digits", content, *([name] for name in names))
    return files


def store(files, data):
    folder = data / "fsdd" / "recordings"
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def packed(files):
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for name, content in {**files, "README.md": b"hello"}.items():
            member = tarfile.TarInfo(f"free-spoken-digit-dataset-1.0.10/recordings/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return target.getvalue()


@pytest.mark.slow
def test_the_real_parts_are_the_official_ones_and_balanced(spoken):
    assert [len(part) for _, part in spoken.parts()] == [2400, 300, 300]
    expected = {"test": range(5), "validation": range(5, 10), "train": range(10, 50)}
    for name, part in spoken.parts():
        digit, speaker, index = zip(*(entry.split("_") for entry in part.ids), strict=True)
        np.testing.assert_array_equal(part.targets, [int(entry) for entry in digit])
        assert {int(entry) for entry in index} == set(expected[name])
        groups, sizes = np.unique([f"{d}{s}" for d, s in zip(digit, speaker, strict=True)], 0, 0, 1)
        assert len(groups) == 60
        assert set(sizes) == {len(expected[name])}


@pytest.mark.parametrize("at", [0, 150, 299])
@pytest.mark.slow
def test_a_real_recording_is_what_the_cochlea_makes_of_it(spoken, real_data, at):
    part = spoken.test
    heard = sound(real_data / "fsdd" / "recordings" / f"{part.ids[at]}.wav")
    times, channels = Cochlea().encode([heard], rate=8000)[0]
    expected = bin_events(times, channels, size=64, dt=10.0, duration=800.0)
    np.testing.assert_array_equal(part.inputs[at], expected)
    assert expected.sum() > 50
    assert not part.inputs[at, -(-len(heard) // 80) :].any()


@pytest.mark.slow
def test_the_real_spikes_tell_the_digits_apart(spoken):
    def rates(part):
        return part.inputs.sum(axis=1, dtype=np.float64)

    train = rates(spoken.train)
    means = np.stack([train[spoken.train.targets == c].mean(axis=0) for c in range(10)])
    distances = np.square(rates(spoken.test)[:, None] - means).sum(axis=2)
    # 0.63 measured; chance is 0.1.
    assert np.mean(distances.argmin(axis=1) == spoken.test.targets) > 0.55


@pytest.mark.slow
def test_a_second_load_needs_the_cache_only(spoken, spoken_cache, monkeypatch):
    monkeypatch.setenv("NEUROPIL_CACHE", str(spoken_cache))
    again = spoken_digits()
    for (_, mine), (_, yours) in zip(spoken.parts(), again.parts(), strict=True):
        np.testing.assert_array_equal(mine.inputs, yours.inputs)
        np.testing.assert_array_equal(mine.ids, yours.ids)


def test_a_changed_real_recording_is_refused(real_data, tmp_path, monkeypatch):
    folder = tmp_path / "edited" / "fsdd" / "recordings"
    folder.mkdir(parents=True)
    for path in (real_data / "fsdd" / "recordings").glob("*.wav"):
        (folder / path.name).symlink_to(path)
    content = bytearray((folder / "3_theo_7.wav").read_bytes())
    content[-1] ^= 1
    (folder / "3_theo_7.wav").unlink()
    (folder / "3_theo_7.wav").write_bytes(content)
    monkeypatch.setenv("NEUROPIL_DATA", str(tmp_path / "edited"))
    with pytest.raises(DataDamaged, match="got content with SHA-256"):
        spoken_digits()


def test_cached_and_fresh_spikes_agree_in_any_grid(recordings, data):
    store(recordings, data)
    fresh = spoken_digits(cochlea=EAR)
    for path in (data / "fsdd" / "recordings").iterdir():
        path.unlink()
    cached = spoken_digits(cochlea=EAR)
    assert fresh.train.inputs.any()
    np.testing.assert_array_equal(fresh.train.inputs, cached.train.inputs)
    fine = spoken_digits(cochlea=EAR, dt=5.0, duration=800.0)
    halves = fine.train.inputs.reshape(1, 80, 2, 8)
    np.testing.assert_array_equal(halves.any(axis=2), fresh.train.inputs)


def test_another_cochlea_is_encoded_anew(recordings, data):
    store(recordings, data)
    few = spoken_digits(cochlea=EAR)
    many = spoken_digits(cochlea=Cochlea(channels=8, gain=20.0))
    assert many.train.inputs.sum() > few.train.inputs.sum()
    assert spoken_digits(cochlea=Cochlea(channels=5)).features == 5


@pytest.mark.parametrize("harm", ["cut", "flip", "garbage"])
def test_a_damaged_cache_is_refused(recordings, data, cache, harm):
    store(recordings, data)
    spoken_digits(cochlea=EAR)
    (path,) = (cache / "spoken-digits").iterdir()
    if harm == "cut":
        path.write_bytes(path.read_bytes()[:-40])
    elif harm == "garbage":
        path.write_bytes(b"no archive")
    else:
        with np.load(path) as stored:
            arrays = dict(stored)
        arrays["channels"] = arrays["channels"][::-1]
        np.savez_compressed(path, **arrays)
    with pytest.raises(DataDamaged, match=r"(?s)npz: got .*Fix: delete it"):
        spoken_digits(cochlea=EAR)


def test_a_cache_that_cannot_be_written_is_a_warning(recordings, data, cache):
    store(recordings, data)
    cache.write_text("a file where the folder should be")
    with pytest.warns(UserWarning, match="could not be kept"):
        assert spoken_digits(cochlea=EAR).train.inputs.any()


def test_a_missing_recording_is_named(recordings, data):
    (store(recordings, data) / "1_ann_6.wav").unlink()
    with pytest.raises(DataDamaged, match=r"got 2 recordings, without e.g. 1_ann_6.wav"):
        spoken_digits(cochlea=EAR)


def test_a_recording_of_another_rate_is_refused(ship, data):
    files = {f"{name}.wav": wav(np.ones(400), rate=16_000) for name in ("0_a_5", "0_a_6", "0_a_0")}
    ship("spoken-digits", {"recordings": digest_files(files)}, ["0_a_5"], ["0_a_6"], ["0_a_0"])
    store(files, data)
    with pytest.raises(DataDamaged, match=r"0_a_0: got \(rate, channels, bytes\) \(16000, 1, 2\)"):
        spoken_digits(cochlea=EAR)


def test_the_archive_is_downloaded_unpacked_and_kept(recordings, shelf, cache, monkeypatch):
    shelf.files["v1.tar.gz"] = packed(recordings)
    monkeypatch.setattr(_spoken, "_ADDRESSES", (f"{shelf.url}/v1.tar.gz",))
    task = spoken_digits(cochlea=EAR)
    assert task.train.ids.tolist() == ["0_ann_5"]
    kept = cache / "fsdd" / "recordings"
    assert {path.name: path.read_bytes() for path in kept.iterdir()} == recordings
    spoken_digits(cochlea=Cochlea(channels=5))
    assert len(shelf.asked) == 1


@pytest.mark.parametrize("harm", ["other", "broken"])
def test_a_wrong_archive_is_refused_and_not_kept(recordings, shelf, cache, monkeypatch, harm):
    other = {**recordings, "0_ann_5.wav": recordings["1_ann_6.wav"]}
    content = packed(other) if harm == "other" else packed(recordings)[:-200]
    shelf.files["v1.tar.gz"] = content
    monkeypatch.setattr(_spoken, "_ADDRESSES", (f"{shelf.url}/v1.tar.gz",))
    with pytest.raises(DataDamaged, match="^download"):
        spoken_digits(cochlea=EAR)
    assert list((cache / "fsdd").iterdir()) == []


def test_nowhere_lists_all_places_and_what_to_do(data, cache, tmp_path):
    with pytest.raises(DataNotFound) as refused:
        spoken_digits()
    text = str(refused.value)
    for base in (data, cache, tmp_path / "share" / "datasets"):
        assert f"  - {base / 'fsdd' / 'recordings'}\n" in text
    assert "v1.0.10.tar.gz (<urlopen error" in text or "v1.0.10.tar.gz (no route" in text
    assert "Fix: clone https://github.com/Jakobovski/free-spoken-digit-dataset" in text


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"cochlea": 64}, "cochlea"),
        ({"dt": 0.0}, "dt"),
        ({"dt": "10"}, "dt"),
        ({"dt": 1e-6}, "dt"),
        ({"duration": 5.0}, "duration"),
        ({"duration": float("inf")}, "duration"),
    ],
)
def test_a_nonsense_argument_is_refused_before_anything_is_read(options, argument):
    with pytest.raises(TaskError, match=rf"(?s)^{argument}: got .*; expected .*\nFix: "):
        spoken_digits(**options)
