import dataclasses
import json

import numpy as np
import pytest

from neuropil.systems import (
    InputError,
    Outcome,
    RunError,
    RunFolder,
    begin,
    carry_out,
    check_claim,
    is_refusal,
    open_folder,
    read_arrays,
    read_config,
    read_json,
    read_log,
    read_metrics,
    record_claims,
    resume,
    withdraw,
    write_arrays,
    write_json,
    write_text,
)
from neuropil.training import NonFiniteError

from .fake import Settings, boastful, counter


def test_a_run_leaves_what_its_report_needs(tmp_path):
    folder = RunFolder(tmp_path / "deep" / "run")
    context = begin(counter, Settings(), folder, seed=4, data="letters", command="neuropil ...")
    summary = carry_out(counter, Settings(), context)
    config = read_json(folder.config)
    assert (config["data"], config["seed"], config["settings"]["epochs"]) == ("letters", 4, 3)
    assert config["claims"][0]["derivation"] == "half of everything"
    assert config["claims"][0]["quick_bound"] == config["claims"][0]["bound"] == ">= 0.5"
    assert summary["setup"] == {"letters": 26}
    assert {"python", "jax", "numpy"} <= config["versions"].keys()
    assert summary["metrics"]["test_accuracy"] == pytest.approx(0.94)
    assert summary["claims"] == []
    arrays, told = read_arrays(folder.arrays)
    assert arrays["confusion"].dtype == np.int64
    assert json.loads(told["about"]) == {"tick_ms": 1.0, "classes": ["a", "b", "c"]}
    assert not [path for path in folder.path.iterdir() if path.name.startswith(".")]


def test_claims_are_stored_beside_the_metrics(tmp_path):
    folder = RunFolder(tmp_path / "run")
    carry_out(counter, Settings(), begin(counter, Settings(), folder))
    summary = record_claims(folder, [{"claim": "counts", "measured": float("nan")}])
    assert summary["claims"] == [{"claim": "counts", "measured": None}]
    assert read_json(folder.metrics)["metrics"]["test_accuracy"] == pytest.approx(0.9)


def stop_at(epochs, seconds, kind=KeyboardInterrupt):
    """A system that logs some epochs and is then stopped, or killed without a word."""

    def run(settings, context):
        folder = context.folder
        for epoch in epochs:
            with folder.log.open("a") as log:
                log.write(json.dumps({"epoch": epoch, "seconds": seconds}) + "\n")
        folder.checkpoint.write_text("2")
        if kind is not None:
            raise kind("stopped")
        return Outcome({"done": 1.0})

    return dataclasses.replace(counter, run=run)


def leg(system, folder):
    settings, context = resume(counter, folder)
    return carry_out(system, settings, context)


def test_time_and_memory_are_those_of_all_legs(tmp_path, monkeypatch):
    folder, now = RunFolder(tmp_path / "run"), [100.0]
    memory = iter([900.0, 300.0, 300.0])
    monkeypatch.setattr("neuropil.systems._spent.peak_memory_mb", lambda: next(memory))
    monkeypatch.setattr("time.perf_counter", lambda: now.__setitem__(0, now[0] + 7.0) or now[0])
    begin(counter, Settings(), folder)
    with pytest.raises(KeyboardInterrupt):
        leg(stop_at([0, 1], 2.0), folder)
    assert read_json(folder.spent)["wall_s"] == 7.0
    with folder.log.open("a") as log:  # a leg that was killed leaves its log and nothing else
        log.write('{"epoch": 2, "seconds": 3.0}\n')
    with pytest.raises(RuntimeError):
        leg(stop_at([], 0.0, RuntimeError), folder)
    summary = leg(stop_at([3], 1.0, None), folder)
    assert summary["wall_s"] == 7.0 + 3.0 + 7.0 + 7.0
    assert summary["peak_memory_mb"] == 900.0
    assert not folder.spent.exists()


def test_only_a_run_that_made_nothing_is_withdrawn(tmp_path):
    folder = RunFolder(tmp_path / "run")
    begin(counter, Settings(), folder)
    folder.log.write_text('{"epoch": 0}\n')
    withdraw(folder)
    assert folder.config.exists() and folder.log.exists()
    folder.log.write_text("")
    withdraw(folder)
    assert not folder.path.exists()


def diverge(*_):
    raise NonFiniteError(0, 3, 12, "v", "node 'hidden1'", "it grew.", "lower the rate")


def test_training_that_diverges_is_a_failed_run_and_no_bad_input(tmp_path):
    folder = RunFolder(tmp_path / "run")
    context = begin(counter, Settings(), folder)
    with pytest.raises(RunError, match="epoch 0, step 3") as caught:
        carry_out(dataclasses.replace(counter, run=diverge), Settings(), context)
    assert not is_refusal(caught.value)
    claim = dataclasses.replace(counter.claims[0], check=diverge)
    with pytest.raises(RunError, match="epoch 0, step 3"):
        check_claim(counter, claim)


def test_a_stopped_run_goes_on_with_its_own_settings(tmp_path):
    folder = RunFolder(tmp_path / "run")
    begin(counter, Settings(epochs=5, hidden=(2, 3)), folder, seed=3, data="letters", quick=True)
    folder.checkpoint.write_text("2")
    settings, context = resume(counter, folder)
    assert settings == Settings(epochs=5, hidden=(2, 3))
    assert (context.seed, context.data, context.quick, context.resume) == (3, "letters", True, True)
    assert carry_out(counter, settings, context)["metrics"]["epochs_before"] == 2


def test_a_run_stopped_before_its_first_checkpoint_starts_over(tmp_path):
    folder = RunFolder(tmp_path / "run")
    begin(counter, Settings(), folder)
    assert not resume(counter, folder)[1].resume


def test_a_run_of_another_system_is_not_resumed(tmp_path):
    folder = RunFolder(tmp_path / "run")
    begin(counter, Settings(), folder)
    with pytest.raises(InputError, match="neuropil run counter --resume"):
        resume(boastful, folder)


def test_a_folder_in_use_is_refused_and_left_alone(tmp_path):
    folder = RunFolder(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        begin(counter, Settings(), folder)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    folder.config.write_text("{}")
    with pytest.raises(InputError, match="--resume"):
        begin(counter, Settings(), folder)


@pytest.mark.parametrize(
    ("options", "word"),
    [({"data": "leters"}, "letters"), ({"seed": -1}, "--seed"), ({"seed": 2**32}, "--seed")],
)
def test_bad_requests_leave_no_folder(tmp_path, options, word):
    with pytest.raises(InputError, match=word):
        begin(counter, Settings(), RunFolder(tmp_path / "run"), **options)
    assert not (tmp_path / "run").exists()


def test_damaged_files_are_refused_with_their_name(tmp_path):
    folder = RunFolder(tmp_path)
    with pytest.raises(InputError, match=r"no config\.json"):
        open_folder(tmp_path)
    with pytest.raises(InputError, match="not a folder"):
        open_folder(tmp_path / "gone")
    for content in ("{", "[]", "\x00"):
        folder.config.write_text(content)
        with pytest.raises(InputError, match=r"config\.json"):
            read_json(folder.config)
    write_arrays(folder.arrays, {"a": np.arange(6)}, {})
    whole = folder.arrays.read_bytes()
    for damaged in (whole[:-1], whole[:10], b"", b"\xff" * 40):
        folder.arrays.write_bytes(damaged)
        with pytest.raises(InputError, match=r"arrays\.safetensors"):
            read_arrays(folder.arrays)


@pytest.mark.parametrize(
    ("name", "value"),
    [("settings", ...), ("settings", []), ("seed", "1"), ("seed", True), ("seed", -1),
     ("data", 3), ("quick", 0), ("claims", [{}]), ("schema", 99)],
)  # fmt: skip
def test_a_config_that_misses_something_is_not_resumed(tmp_path, name, value):
    folder = RunFolder(tmp_path / "run")
    begin(counter, Settings(), folder)
    config = read_config(folder)
    write_json(folder.config, {k: v for k, v in {**config, name: value}.items() if v is not ...})
    with pytest.raises(InputError, match=rf"config\.json.*(\b{name}\b|name)"):
        resume(counter, folder)


@pytest.mark.parametrize("content", [{}, {"metrics": {}, "claims": [{"claim": "a"}]}])
def test_metrics_that_miss_something_are_refused(tmp_path, content):
    folder = RunFolder(tmp_path)
    write_json(folder.metrics, content)
    with pytest.raises(InputError, match=r"metrics\.json"):
        read_metrics(folder)


def test_a_place_that_cannot_be_written_or_read_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    below = tmp_path / "file" / "below"
    with pytest.raises(InputError, match=r"--out: got .*below"):
        begin(counter, Settings(), RunFolder(below))
    (tmp_path / "x.json").mkdir()
    for use in (
        lambda: write_text(below, ""),
        lambda: write_arrays(below, {"a": np.arange(2)}, {}),
        lambda: read_json(tmp_path / "x.json"),
    ):
        with pytest.raises(InputError, match=str(tmp_path)):
            use()


def test_arrays_come_back_in_order_and_exactly(tmp_path):
    arrays = {"z": np.arange(4.0), "a": np.arange(6, dtype=np.uint8).reshape(2, 3).T}
    write_arrays(tmp_path / "x", arrays, {"about": "me"})
    found, told = read_arrays(tmp_path / "x")
    assert list(found) == ["z", "a"]
    assert told == {"about": "me"}
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_a_log_is_read_past_a_torn_line_and_the_last_word_on_an_epoch_counts(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_text('{"epoch": 0, "a": 1}\n{"epoch": 1}\n{"epoch": 0, "a": 2}\n7\n{"epoch": 2, "tr')
    assert read_log(path) == [{"epoch": 0, "a": 2}, {"epoch": 1}]
    assert read_log(tmp_path / "none") == []


def test_json_is_strict(tmp_path):
    values = {"a": float("nan"), "b": np.float32(0.5), "c": (np.int64(3), None), "d": np.bool_(1)}
    write_json(tmp_path / "x.json", values)
    assert read_json(tmp_path / "x.json") == {"a": None, "b": 0.5, "c": [3, None], "d": True}


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "page"
    write_text(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "new \ud800")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["page"]
