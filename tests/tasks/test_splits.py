"""The shipped parts: disjoint, hashed, and refused when changed."""

import json
import shutil
from importlib import resources

import pytest

from neuropil.tasks import DataDamaged, where_found
from neuropil.tasks._content import digest_files, digest_ids
from neuropil.tasks._splits import load_splits

SHIPPED = resources.files("neuropil.tasks").joinpath("splits")
# Parts and hash of their ids, so that a split cannot change together with its own hash.
KNOWN = {
    "digits": (1262, 180, 355, "7f327825"),
    "fashion-mnist": (55_000, 5_000, 10_000, "50e4a28c"),
    "interval": (2_000, 500, 1_000, "67e640a9"),
    "mnist": (55_000, 5_000, 10_000, "50e4a28c"),
    "nmnist": (905, 95, 100, "3c917509"),
    "spoken-digits": (2_400, 300, 300, "506f650e"),
}


def test_all_shipped_files_are_known():
    assert {entry.name for entry in SHIPPED.iterdir()} == {f"{name}.json" for name in KNOWN}


@pytest.mark.parametrize("name", KNOWN)
def test_parts_are_as_they_always_were(name):
    splits = load_splits(name)
    parts = (splits.train, splits.validation, splits.test)
    *sizes, start = KNOWN[name]
    assert [len(part) for part in parts] == sizes
    assert digest_ids(entry for part in parts for entry in part).startswith(start)


@pytest.mark.parametrize("name", sorted(set(KNOWN) - {"interval"}))
def test_parts_are_disjoint(name):
    splits = load_splits(name)
    ids = [*splits.train, *splits.validation, *splits.test]
    assert len(set(ids)) == len(ids)


def moved(text):
    """Move one sample from the test part into the training part."""
    stored = json.loads(text)
    stored["train"].append(stored["test"].pop())
    return json.dumps(stored)


def shortened(text):
    stored = json.loads(text)
    del stored["content_sha256"]
    return json.dumps(stored)


@pytest.mark.parametrize(
    "harm",
    [moved, shortened, lambda text: text[:-9], lambda text: "[]", lambda text: "", lambda _: None],
    ids=["moved", "shortened", "cut", "list", "empty", "absent"],
)
def test_a_damaged_split_file_is_refused(ship, tmp_path, harm):
    assert ship
    path = tmp_path / "splits" / "digits.json"
    shutil.copy(SHIPPED / "digits.json", path)
    assert load_splits("digits") is not None
    text = harm(path.read_text("utf-8"))
    path.unlink() if text is None else path.write_text(text, encoding="utf-8")
    with pytest.raises(DataDamaged, match=r"(?s)^split digits: got .*; expected .*\nFix: "):
        load_splits("digits")


def test_the_hash_of_files_knows_names_borders_and_no_order():
    one = digest_files({"a": b"12", "b": b"3"})
    assert one == digest_files({"b": b"3", "a": b"12"})
    others = [{"a": b"1", "b": b"23"}, {"a": b"12", "c": b"3"}, {"a": b"12b3"}, {"a": b"12"}]
    assert len({one, *map(digest_files, others)}) == 5


def test_where_found_tells_what_is_there_without_touching_it(data, cache):
    found = where_found()
    assert found["digits"] == "inside scikit-learn"
    not_found = {name for name, place in found.items() if place is None}
    assert not_found - {"worm"} == {  # which may be inside an installed package
        "fashion-mnist", "mnist", "spoken-digits", "nmnist", "shd",
    }  # fmt: skip
    (data / "shd").mkdir()
    (cache / "fsdd").mkdir(parents=True)
    (cache / "fsdd" / "recordings.part").write_bytes(b"interrupted")
    assert where_found()["spoken-digits"] is where_found()["shd"] is None
    (cache / "fsdd" / "recordings").mkdir()
    (data / "shd" / "shd_train.h5").touch()
    assert where_found()["spoken-digits"] == str(cache / "fsdd")
    assert where_found()["shd"] == str(data / "shd")
