"""Text: its parts, the source whose best score is known, and where the Bible is found."""

import hashlib
import os
import shutil

import numpy as np
import pytest

from neuropil.tasks import DataDamaged, DataNotFound, Text, king_james, markov_text, text
from neuropil.tasks import _text as module


def perplexity(train, test, order, symbols, prior=1e-3):
    """Return that of counts of what follows `order` symbols."""

    def places(part):
        return tuple(part[i : len(part) - order + i] for i in range(order + 1))

    counts = np.full((symbols,) * (order + 1), prior)
    np.add.at(counts, places(train), 1.0)
    chance = counts / counts.sum(-1, keepdims=True)
    return float(np.exp(-np.log(chance[places(test)]).mean()))


def test_the_source_is_known_by_two_symbols_and_not_by_one():
    made = markov_text()
    assert (len(made.train), len(made.validation), len(made.test)) == (200_000, 20_000, 20_000)
    found = [perplexity(made.train, made.test, order, 24) for order in (0, 1, 2)]
    assert made.floor is not None and made.floor == pytest.approx(2.4546, abs=1e-4)
    assert found[0] == pytest.approx(23.6, abs=0.4) and found[1] == pytest.approx(17.0, abs=0.6)
    assert made.floor * 0.99 < found[2] < made.floor * 1.03


def test_every_pair_has_three_successors_of_the_chances_said():
    made = markov_text(symbols=5, length=60_000)
    counts = np.zeros((5, 5, 5))
    np.add.at(counts, (made.train[:-2], made.train[1:-1], made.train[2:]), 1.0)
    ranked = -np.sort(-counts, axis=-1)
    seen = ranked[..., 0] > 300
    assert seen.any() and not ranked[..., 3:].any()
    shares = ranked[seen][:, :3] / ranked[seen].sum(-1, keepdims=True)
    np.testing.assert_allclose(shares.mean(0), [0.6, 0.3, 0.1], atol=0.01)


def test_the_source_is_the_same_one_for_ever():
    made = markov_text(length=5000)
    content = b"".join(getattr(made, part).astype("<i4").tobytes() for part in PARTS)
    assert hashlib.sha256(content).hexdigest()[:16] == MARKOV_HASH
    assert not np.array_equal(made.train, markov_text(seed=1, length=5000).train)


def test_windows_follow_each_other_and_targets_are_one_symbol_later():
    made = markov_text(length=1001, held_out=50)
    inputs, targets = made.windows("train", 100)
    assert inputs.shape == targets.shape == (10, 100)
    np.testing.assert_array_equal(inputs.reshape(-1), made.train[:1000])
    np.testing.assert_array_equal(targets.reshape(-1), made.train[1:])


def test_a_file_is_read_character_by_character(tmp_path):
    content = "äbc" * 60 + "abc" * 7
    (tmp_path / "novel.txt").write_text(content, encoding="utf-8")
    found = text(tmp_path / "novel.txt")
    whole = np.concatenate([found.train, found.validation, found.test])
    assert found.name == "novel" and found.symbols == ("b", "c", "ä", "\ufffd")
    assert found.decode(whole) == "äbc" * 60 + "\ufffdbc" * 7
    assert len(found.train) == int(0.9 * len(content))


def test_what_is_no_text_is_refused(tmp_path):
    with pytest.raises(DataNotFound):
        text(tmp_path / "nothing.txt")
    (tmp_path / "bytes.txt").write_bytes(b"\xff\xfe" * 200)
    with pytest.raises(DataDamaged):
        text(tmp_path / "bytes.txt")


def test_without_the_bible_every_place_is_named(monkeypatch):
    monkeypatch.setattr(module.shutil, "which", lambda name: None)
    with pytest.raises(DataNotFound, match="bible-kjv.txt") as refused:
        king_james()
    assert "program bible" in str(refused.value) and "apt" not in str(refused.value)


def test_another_bible_is_refused(data):
    (data / "bible-kjv").mkdir()
    (data / "bible-kjv" / "bible-kjv.txt").write_text("Ge1:1 In the beginning was a draft.\n" * 9)
    with pytest.raises(DataDamaged):
        king_james()


def test_the_bible_is_read_from_the_program():
    if shutil.which("bible") is None:
        assert "CI" not in os.environ, "CI provides the program"
        pytest.skip("no program bible on this machine")
    found = king_james()
    assert found.decode(found.train[:31]) == "In the beginning God created th"
    assert found.decode(found.test[-5:]) == "Amen."
    assert (len(found.train), len(found.validation), len(found.test)) == (3724064, 206892, 206893)
    assert len(found.symbols) == 63 and "0" not in found.symbols


def test_parts_cannot_be_written_to():
    part = np.array([0, 1])
    made = Text("toy", part, part, part, ("a", "b"), "here", "CC0")
    with pytest.raises(ValueError, match="read-only"):
        made.train[0] = 1


PARTS = ("train", "validation", "test")
MARKOV_HASH = "a55b2077507040fe"
