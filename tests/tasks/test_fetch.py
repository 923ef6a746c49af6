"""Downloads: resumed, checked before use, and clear about where nothing was found."""

import shutil

import numpy as np
import pytest

from neuropil.tasks import DataDamaged, DataNotFound
from neuropil.tasks._content import digest, verify
from neuropil.tasks._fetch import cache_folder, folders, not_found, obtain, transfer

CONTENT = np.random.default_rng(0).bytes(3_000_000)
CUT = 1_234_567


def keep(download, temporary):
    """Unpack by moving, if it is what was published."""
    verify("download", digest(download.read_bytes()), digest(CONTENT))
    shutil.copy(download, temporary)


@pytest.fixture
def target(tmp_path):
    return tmp_path / "cache" / "set" / "file"


def part(target):
    return target.with_name("file.part")


def fetch(shelf, target):
    return obtain([f"{shelf.url}/file"], target, keep)


def test_a_whole_download_is_put_in_place(shelf, target):
    shelf.files["file"] = CONTENT
    assert fetch(shelf, target) == []
    assert target.read_bytes() == CONTENT
    assert list(target.parent.iterdir()) == [target]


def test_an_interrupted_download_is_resumed(shelf, target):
    shelf.files["file"] = CONTENT
    shelf.breaks_after = CUT
    (problem,) = fetch(shelf, target)
    assert f"got {CUT} of {len(CONTENT)} bytes" in problem
    assert not target.exists()
    assert part(target).read_bytes() == CONTENT[:CUT]
    assert fetch(shelf, target) == []
    assert target.read_bytes() == CONTENT
    assert shelf.asked == [("file", None), ("file", f"bytes={CUT}-")]
    assert not part(target).exists()


def test_without_ranges_the_download_restarts(shelf, target):
    shelf.files["file"] = CONTENT
    shelf.breaks_after = CUT
    fetch(shelf, target)
    shelf.knows_ranges = False
    assert fetch(shelf, target) == []
    assert target.read_bytes() == CONTENT
    assert shelf.asked == [("file", None), ("file", f"bytes={CUT}-")]


@pytest.mark.parametrize("extra", [b"", b"more than there is"])
def test_a_refused_range_makes_it_restart(shelf, target, extra):
    shelf.files["file"] = CONTENT
    part(target).parent.mkdir(parents=True)
    part(target).write_bytes(CONTENT + extra)
    assert fetch(shelf, target) == []
    assert target.read_bytes() == CONTENT
    assert [wanted for _, wanted in shelf.asked] == [f"bytes={len(CONTENT + extra)}-", None]


def test_bytes_left_from_another_file_are_thrown_away(shelf, target):
    shelf.files["file"] = CONTENT
    part(target).parent.mkdir(parents=True)
    part(target).write_bytes(b"of an older file")
    assert fetch(shelf, target) == []
    assert target.read_bytes() == CONTENT
    assert [wanted for _, wanted in shelf.asked] == ["bytes=16-", None]


def test_a_wrong_hash_is_refused_and_leaves_nothing(shelf, target):
    shelf.files["file"] = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])
    with pytest.raises(DataDamaged, match=r"(?s)^download: got content with SHA-256.*\nFix: "):
        fetch(shelf, target)
    assert list(target.parent.iterdir()) == []


def test_the_next_address_is_tried_and_carries_on(shelf, target):
    shelf.files["file"] = CONTENT
    shelf.breaks_after = CUT
    addresses = [f"{shelf.url}/absent", f"{shelf.url}/file", f"{shelf.url}/file"]
    assert obtain(addresses, target, keep) == []
    assert target.read_bytes() == CONTENT
    assert shelf.asked[2] == ("file", f"bytes={CUT}-")


def test_nothing_reachable_is_told_address_by_address(shelf, target):
    closed = "http://127.0.0.1:9/file"
    problems = obtain([f"{shelf.url}/absent", closed], target, keep)
    assert problems[0].startswith(f"{shelf.url}/absent (HTTP Error 404")
    assert problems[1].startswith(f"{closed} (<urlopen error")
    assert not target.exists()


def test_a_missing_file_is_an_os_error_and_writes_nothing(shelf, target):
    with pytest.raises(OSError, match="404"):
        transfer(f"{shelf.url}/absent", part(target))
    assert not part(target).exists()


def test_the_error_lists_places_addresses_and_the_fix(tmp_path):
    with pytest.raises(DataNotFound) as refused:
        not_found("birds", [tmp_path / "a", tmp_path / "b"], ["http://x (no route)"], "buy a cat")
    assert str(refused.value) == (
        f"birds: got nothing in\n  - {tmp_path / 'a'}\n  - {tmp_path / 'b'}\n"
        "  - http://x (no route)\n; expected the data in one of these places.\nFix: buy a cat."
    )
    assert isinstance(refused.value, FileNotFoundError)


def test_the_order_of_places(monkeypatch, tmp_path):
    monkeypatch.setenv("NEUROPIL_DATA", "~/own")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_DIRS", "/a::/b")
    expected = [tmp_path / "own" / "x", tmp_path / "cache" / "x"]
    names = [str(place) for place in (*expected, "/a/datasets/x", "/b/datasets/x")]
    assert [str(place) for place in folders("x")] == names
    monkeypatch.delenv("NEUROPIL_DATA")
    monkeypatch.delenv("XDG_DATA_DIRS")
    names = [str(expected[1]), "/usr/local/share/datasets/x", "/usr/share/datasets/x"]
    assert [str(place) for place in folders("x")] == names


def test_the_cache_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "cache"
    monkeypatch.delenv("NEUROPIL_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
    assert str(cache_folder()) == "/elsewhere/neuropil"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == tmp_path / ".cache" / "neuropil"
