"""Runs that go to disk: the records of `simulate`, whatever happens on the way."""

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import jax
import numpy as np
import pytest

from neuropil.analysis import pack_spikes, unpack_events
from neuropil.cells import lif
from neuropil.core import (
    Average,
    Chosen,
    NeuropilError,
    PopulationMean,
    Record,
    load_state,
    open_recording,
    simulate,
    simulate_to,
)
from neuropil.numerics import RK4, Heun

from ..contract._cases import assert_close, assert_identical
from .streamed import DT, KEY, SIZE, network

PIECE, TICKS = 60, 420  # 60 is a multiple of every `every`
RECORD = {
    "spikes": Record("cells", encode=pack_spikes),
    "v": Record("cells.v", every=4, encode=Chosen([0, 3])),
    "rate/Hz": Record("cells", every=20, encode=Average(PopulationMean())),
}
NET = network()


def run(folder, ticks=TICKS, **options):
    options = {"dt": DT, "key": KEY, "record": RECORD, "piece": 50, "show": False} | options
    return simulate_to(folder, NET, None, ticks=ticks, **options)


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    state, _ = run(folder)
    return folder, state


# --- what is kept -------------------------------------------------------------------------------


def test_records_are_those_of_simulate(whole):
    folder, state = whole
    expected, records = simulate(NET, None, dt=DT, key=KEY, ticks=TICKS, record=RECORD, output=None)
    found = open_recording(folder)
    assert found.is_complete and (found.ticks, found.wanted, found.dt) == (TICKS, TICKS, DT)
    assert {name: x.shape for name, x in found.kept.items()} == {
        "spikes": (TICKS, -(-SIZE // 8)),
        "v": (TICKS // 4, 2),
        "rate/Hz": (TICKS // 20,),
    }
    assert_close(dict(found.kept), records.kept)
    assert_close(state, expected)
    assert int(state.tick) == TICKS
    assert len(unpack_events(found.kept["spikes"], SIZE)) > 100
    assert_identical(found.times("v"), 4 * DT * np.arange(TICKS // 4))
    assert_identical(load_state(found.state, NET), state)


def test_files_are_plain(whole):
    folder, _ = whole
    assert sorted(contents(folder)) == [
        "rate%2FHz.npy", "recording.json", "spikes.npy", "state.safetensors", "v.npy",
    ]  # fmt: skip
    v = np.load(folder / "v.npy", mmap_mode="r")
    assert isinstance(v, np.memmap)
    assert_identical(np.asarray(v), np.asarray(open_recording(folder).kept["v"]))
    assert isinstance(open_recording(folder).kept["v"], np.memmap)


@pytest.mark.parametrize("samples", [None, 3])
@pytest.mark.parametrize("form", ["array", "mapped", "by port", "function"])
def test_inputs_are_read_piece_by_piece(tmp_path, samples, form):
    from neuropil.cells import lif

    lead = (50,) if samples is None else (50, samples)
    x = np.random.default_rng(0).normal(1.0, 1.0, (*lead, 4)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    asked = []

    def current(first, count):
        asked.append((first, count))
        return x[first - 7 : first - 7 + count]

    given = {
        "array": x,
        "mapped": np.load(tmp_path / "x.npy", mmap_mode="r"),
        "by port": {"input": x},
        "function": current,
    }[form]
    node, record = lif(4, tau=3.0), {"v": Record("v"), "spikes": Record("output")}
    begin, _ = simulate(node, x[:7], dt=DT, key=KEY)
    options = {"dt": DT, "key": KEY, "record": record, "state": begin}
    expected = simulate(node, x, output=None, **options)
    ticks = 50 if form == "function" else None
    state, found = simulate_to(tmp_path / "r", node, given, piece=20, ticks=ticks, **options)
    assert_close((state, dict(found.kept)), (expected[0], expected[1].kept))
    assert (found.first, found.ticks) == (7, 50) and found.times("v")[0] == 7 * DT
    assert asked[-3:] == ([(7, 20), (27, 20), (47, 10)] if asked else [])
    assert float(found.kept["spikes"].mean()) > 0.02


# --- what happens on the way --------------------------------------------------------------------


class Stopped(Exception):
    pass


@pytest.mark.parametrize(("after", "saved"), [(0, 0), (1, 0), (4, 3), (6, 6)])
def test_a_run_that_was_cut_ends_bit_for_bit_like_one_that_was_not(
    tmp_path, monkeypatch, whole, after, saved
):
    """It stops in the piece after `after` pieces, with a state on disk from after `saved`."""
    from neuropil.core import _columns, _simulate_to

    done, append = [], _columns.Columns.append

    def stop(columns, *arguments):
        if len(done) == after:
            raise Stopped
        append(columns, *arguments)
        done.append(arguments)

    monkeypatch.setattr(_simulate_to, "SAVE_EVERY", -1.0 if saved else 1e9)
    with monkeypatch.context() as patch, pytest.raises(Stopped):
        patch.setattr(_columns.Columns, "append", stop)
        run(tmp_path)
    found = open_recording(tmp_path)
    assert found.ticks == PIECE * after and not found.is_complete
    for name, values in open_recording(whole[0]).kept.items():
        assert_identical(np.asarray(found.kept[name]), values[: len(found.kept[name])])
    assert len(np.load(tmp_path / "spikes.npy")) == PIECE * after
    state, found = run(tmp_path, resume=True)
    assert found.is_complete
    assert_identical(state, whole[1])
    assert contents(tmp_path) == contents(whole[0])


def test_a_run_that_has_ended_is_not_run_again(whole):
    before = contents(whole[0])
    state, found = run(whole[0], resume=True)
    assert_identical(state, whole[1])
    assert found.is_complete and contents(whole[0]) == before


def test_resuming_begins_where_there_is_nothing(tmp_path, whole):
    run(tmp_path / "new", resume=True)
    assert contents(tmp_path / "new") == contents(whole[0])


def test_ctrl_c_ends_with_a_whole_piece_and_its_state(tmp_path):
    from neuropil.cells import lif

    def current(first, count):
        if first == 40:
            os.kill(os.getpid(), signal.SIGINT)
        return np.full((count, 4), 1.5, np.float32)

    node, options = lif(4), {"dt": DT, "key": KEY, "ticks": 100, "record": {"v": Record("v")}}
    with pytest.raises(KeyboardInterrupt, match="60 of 100 ticks are kept in"):
        simulate_to(tmp_path, node, current, piece=20, **options)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    found = open_recording(tmp_path)
    assert found.ticks == 60 and int(load_state(found.state, node).tick) == 60


@pytest.mark.parametrize("what", ["data", "state"])
def test_a_full_disk_stops_the_run_and_keeps_what_was_written(tmp_path, monkeypatch, whole, what):
    from neuropil.core import _columns, _simulate_to
    from neuropil.numerics import _files

    monkeypatch.setattr(_simulate_to, "SAVE_EVERY", -1.0)
    room, pwrite, fsync = [200], os.pwrite, os.fsync

    def full(*arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def write(file, content, begin):
        room[0] -= len(content) if begin else 0
        if room[0] < 0:
            content = content[: max(0, len(content) + room[0])]
            return pwrite(file, content, begin) if len(content) else full()
        return pwrite(file, content, begin)

    match = r"No space left on device; \d+ of 420 ticks are kept in .*with resume=True"
    with monkeypatch.context() as patch, pytest.raises(OSError, match=match) as caught:
        if what == "data":
            room[0] = 2000
            patch.setattr(_columns.os, "pwrite", write)
        else:
            calls = iter(range(100))
            patch.setattr(_files.os, "fsync", lambda f: full() if next(calls) > 17 else fsync(f))
        run(tmp_path)
    assert caught.value.errno == errno.ENOSPC
    found = open_recording(tmp_path)
    assert 0 < found.ticks < TICKS
    assert not list(tmp_path.glob(".*.partial"))
    for name, values in open_recording(whole[0]).kept.items():
        assert_identical(np.asarray(found.kept[name]), values[: len(found.kept[name])])
    run(tmp_path, resume=True)
    assert contents(tmp_path) == contents(whole[0])


# --- what is refused ----------------------------------------------------------------------------


def test_a_folder_that_holds_a_recording_is_not_written_over(whole):
    with pytest.raises(NeuropilError, match="^folder: got .* holds a recording.*\nFix: .*resume"):
        run(whole[0])


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"dt": 0.2}, "'dt': 0.5"),
        ({"key": jax.random.key(77)}, "'key'"),
        ({"ticks": 600}, "'ticks': 420.*'ticks': 600"),
        ({"piece": 70}, "'piece': 60.*'piece': 80"),
        ({"record": {"v": Record("cells.v")}}, "records"),
        ({"record": RECORD | {"v": Record("cells.v", 4, Chosen([0, 4]))}}, r"0, 3.*0, 4"),
    ],
)
def test_another_run_does_not_go_on(whole, changes, match):
    with pytest.raises(NeuropilError, match=f"(?s)^folder: got .*{match}"):
        run(whole[0], resume=True, **changes)


def test_a_run_of_other_parameters_does_not_go_on(whole):
    import equinox as eqx

    other = eqx.tree_at(lambda n: n.nodes["cells"].cell.tau, NET, NET.nodes["cells"].cell.tau * 2)
    options = {"dt": DT, "key": KEY, "record": RECORD, "piece": 50, "ticks": TICKS, "resume": True}
    with pytest.raises(NeuropilError, match="^folder: got .*'parameters'"):
        simulate_to(whole[0], other, None, **options)


def test_a_run_of_another_structure_or_of_other_inputs_does_not_go_on(tmp_path):
    options = {"dt": 0.5, "key": KEY, "record": {"v": Record("v")}, "piece": 10}
    x = np.ones((20, 2), np.float32)
    simulate_to(tmp_path / "a", lif(2, integrator=Heun()), x, **options)
    options["resume"] = True
    with pytest.raises(NeuropilError, match="^folder: got .*'structure'"):
        simulate_to(tmp_path / "a", lif(2, integrator=RK4()), x, **options)
    with pytest.raises(NeuropilError, match="^folder: got .*'inputs'"):
        simulate_to(tmp_path / "a", lif(2, integrator=Heun()), 2 * x, **options)
    simulate_to(tmp_path / "a", lif(2, integrator=Heun()), x, **options)


def test_what_would_not_fit_on_the_disk_is_refused_before_the_run(tmp_path, monkeypatch):
    from neuropil.core import _stream

    usage = type("Usage", (), {"free": 10**4})
    monkeypatch.setattr(_stream.shutil, "disk_usage", lambda folder: usage)
    match = r"^record\['v'\]: got 17.1 kB of .* kB for all records; expected at most 10 kB, what"
    with pytest.raises(NeuropilError, match=match):
        run(tmp_path, record=RECORD | {"v": Record("cells.v", encode=Chosen(range(10)))})
    assert not list(tmp_path.iterdir())


def test_inputs_of_another_length_are_refused(tmp_path):
    from neuropil.cells import lif

    options = {"dt": DT, "key": KEY, "ticks": 100, "record": {"v": Record("v")}, "piece": 20}
    with pytest.raises(NeuropilError, match="^inputs: got 21 ticks; expected 20, from tick 0 on"):
        simulate_to(tmp_path, lif(4), lambda first, n: np.ones((n + 1, 4)), **options)


def test_damaged_recordings_are_refused(tmp_path):
    def refused(match):
        with pytest.raises(NeuropilError, match=match):
            open_recording(tmp_path)

    refused("^folder: got")
    run(tmp_path, 120)
    good = contents(tmp_path)
    for name, content, match in [
        ("v.npy", good["v.npy"][:-1], r"v\.npy: got 495 bytes; expected 496, for 30 rows"),
        ("v.npy", b"hello", "missing or damaged"),
        ("v.npy", good["spikes.npy"], r"rows uint8.*expected rows float32\[2\]"),
        ("recording.json", b"{", r"recording\.json: got a damaged file"),
        ("recording.json", b"{}", r"recording\.json: got a damaged file"),
        (
            "recording.json",
            json.dumps(json.loads(good["recording.json"]) | {"schema": 9}).encode(),
            "schema 9",
        ),
    ]:
        (tmp_path / name).write_bytes(content)
        refused(match)
        (tmp_path / name).write_bytes(good[name])
    (tmp_path / "v.npy").unlink()
    refused("missing or damaged")


# --- in processes of their own ------------------------------------------------------------------


def start(*arguments):
    command = [sys.executable, str(Path(__file__).with_name("streamed.py")), *map(str, arguments)]
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "XLA_FLAGS": ""}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish(process):
    out, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return out


@pytest.mark.slow
def test_memory_does_not_grow_with_time(tmp_path):
    """Ten times as long, and 90 MB more on disk."""
    short, long = (
        json.loads(finish(start("measure", tmp_path / str(ticks), ticks)))
        for ticks in (40_000, 400_000)
    )
    assert long["bytes"] - short["bytes"] > 8e7
    assert long["peak"] - short["peak"] < 1.5e7


@pytest.mark.slow
def test_a_limit_on_files_stops_the_run_and_keeps_what_was_written(tmp_path):
    finish(start("run", tmp_path / "whole", 40_000))
    found = json.loads(finish(start("limited", tmp_path / "cut", 40_000, 2_000_000)))
    assert "File too large" in found["error"] and "ticks are kept" in found["error"]
    cut, whole = (open_recording(tmp_path / name) for name in ("cut", "whole"))
    assert 0 < cut.ticks < 40_000
    assert_identical(np.asarray(cut.kept["v"]), np.asarray(whole.kept["v"][: cut.ticks]))
    finish(start("run", tmp_path / "cut", 40_000))
    assert contents(tmp_path / "cut") == contents(tmp_path / "whole")


@pytest.mark.slow
def test_kill_9_at_random_moments_changes_no_bit(tmp_path):
    finish(start("run", tmp_path / "whole", 60_000))
    expected, rng, killed = contents(tmp_path / "whole"), random.Random(1), 0
    whole = open_recording(tmp_path / "whole")
    for _ in range(5):
        process = start("run", tmp_path / "cut", 60_000, 0.02)
        spikes = tmp_path / "cut" / "spikes.npy"
        mark = spikes.stat().st_mtime_ns if spikes.exists() else None
        patience = time.monotonic() + 120
        while process.poll() is None and time.monotonic() < patience:
            if spikes.exists() and spikes.stat().st_mtime_ns != mark:
                break
            time.sleep(0.01)
        time.sleep(rng.random() * 1.5)
        process.kill()
        process.communicate()
        killed += process.returncode == -signal.SIGKILL
        found = open_recording(tmp_path / "cut")
        for name, values in whole.kept.items():
            assert_identical(np.asarray(found.kept[name]), values[: len(found.kept[name])])
    finish(start("run", tmp_path / "cut", 60_000))
    assert contents(tmp_path / "cut") == expected
    assert killed >= 3
