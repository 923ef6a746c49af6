import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from neuropil.cells import lif
from neuropil.numerics import NeuropilError
from neuropil.training import (
    Batches,
    Checkpoints,
    Stopping,
    accuracy,
    cross_entropy,
    fit,
    load,
    save,
)

from .problems import net, options, same, spikes

X, Y = spikes(21)


class Killed(Exception):
    pass


def last(output):
    return output[-1]


def data(die_at=None):
    """Samples that end the process, so to speak, when a batch is asked for the n-th time."""
    asked = iter(range(10**6))

    def make(indices, keys):
        if next(asked) == die_at:
            raise Killed
        return X[indices].swapaxes(0, 1), Y[indices]

    return Batches(21, make)


def run(folder, die_at=None, resume=False, **changes):
    arguments = {
        "validation": spikes(9, seed=1),
        "stopping": Stopping("accuracy", patience=None, better=max),
        "log": folder / "log.jsonl",
        "checkpoints": Checkpoints(folder / "c.safetensors", every_steps=2, resume=resume),
        **options(epochs=3, batch_size=8),
    }
    return fit(net(), data(die_at), **{**arguments, **changes})


def log_of(folder):
    lines = (folder / "log.jsonl").read_text().splitlines()
    return [{k: v for k, v in json.loads(line).items() if k != "seconds"} for line in lines]


@pytest.mark.parametrize("die_at", [0, 1, 2, 3, 4, 5, 7, 8])
def test_a_fit_that_was_cut_ends_bit_for_bit_like_one_that_was_not(tmp_path, die_at):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    expected = run(whole)
    with pytest.raises(Killed):
        run(cut, die_at)
    result = run(cut, resume=True)
    assert same(result.node, expected.node)
    assert (cut / "c.safetensors").read_bytes() == (whole / "c.safetensors").read_bytes()
    assert log_of(cut) == log_of(whole)
    assert [entry["epoch"] for entry in result.history] == [0, 1, 2]


@pytest.mark.parametrize("moment", ["before it is moved", "half written"])
def test_a_crash_while_writing_leaves_the_last_checkpoint(tmp_path, monkeypatch, moment):
    from neuropil.numerics import _files

    whole, cut = tmp_path / "whole", tmp_path / "cut"
    run(whole)
    replaced = iter(range(100))

    def replace(source, target):
        if next(replaced) == 4:
            if moment == "half written":
                Path(source).write_bytes(Path(source).read_bytes()[:100])
            raise Killed
        os.rename(source, target)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(_files.os, "replace", replace)
        run(cut)
    run(cut, resume=True)
    assert (cut / "c.safetensors").read_bytes() == (whole / "c.safetensors").read_bytes()
    assert sorted(p.name for p in cut.iterdir()) == ["c.safetensors", "log.jsonl"]


def test_a_log_that_is_ahead_or_torn_is_cut_back(tmp_path):
    run(tmp_path / "whole")
    run(tmp_path, epochs=2)
    log = tmp_path / "log.jsonl"
    seconds = [json.loads(line)["seconds"] for line in log.read_text().splitlines()]
    log.write_text(log.read_text() + '{"epoch": 2, "seconds": 1}\n{"epoch": 3, "tr')
    run(tmp_path, resume=True)
    assert log_of(tmp_path) == log_of(tmp_path / "whole")
    kept = [json.loads(line)["seconds"] for line in log.read_text().splitlines()]
    assert kept[:2] == seconds and kept[2] != 1


def test_log_lines_have_the_agreed_form(tmp_path):
    run(tmp_path)
    first = json.loads((tmp_path / "log.jsonl").read_text().splitlines()[0])
    assert set(first) == {
        "epoch", "step", "train", "validation", "rates", "learning_rate", "seconds",
    }  # fmt: skip
    assert set(first["train"]) == set(first["validation"]) == {"loss", "accuracy"}
    assert (first["epoch"], first["step"], set(first["rates"])) == (0, 3, {"hidden1"})


def test_a_finished_fit_is_not_run_again(tmp_path):
    expected = run(tmp_path)
    result = run(tmp_path, die_at=0, resume=True)
    assert same(result.node, expected.node)
    assert result.history == expected.history


def test_ctrl_c_leaves_a_checkpoint_of_the_very_step(tmp_path):
    run(tmp_path / "whole")
    asked = []

    def make(indices, keys):
        asked.append(indices)
        if len(asked) == 5:
            os.kill(os.getpid(), signal.SIGINT)
        return data().make(indices, keys)

    settings = {"checkpoints": Checkpoints(tmp_path / "c.safetensors")}
    with pytest.raises(KeyboardInterrupt):
        fit(net(), Batches(21, make), **options(epochs=3, batch_size=8), **settings)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    about = _about(tmp_path / "c.safetensors")
    assert (about["epoch"], about["step"]) == (1, 2)


def _about(path):
    from neuropil.numerics import read_arrays

    return read_arrays(path)[1]


def test_parameters_come_back(tmp_path):
    node = fit(net(), (X, Y), **options(epochs=1)).node
    save(tmp_path / "node.safetensors", node)
    assert same(load(tmp_path / "node.safetensors", like=net()), node)
    assert not same(net(), node)


def test_parameters_can_be_taken_from_a_checkpoint(tmp_path):
    result = run(tmp_path, stopping=None)
    assert same(load(tmp_path / "c.safetensors", like=net()), result.node)


def test_random_keys_and_small_floats_come_back(tmp_path):
    from neuropil.numerics import filled, named_arrays, read_arrays, write_arrays

    tree = {
        "key": jax.random.key(5, impl="rbg"),
        "half": jnp.ones(3, jnp.bfloat16),
        "n": jnp.ones(()),
    }
    path = tmp_path / "tree.safetensors"
    write_arrays(path, named_arrays("tree", tree), {"kind": "test"})
    back = filled("tree", tree, read_arrays(path)[0], path)
    assert jax.random.uniform(back["key"]) == jax.random.uniform(tree["key"])
    assert back["half"].dtype == jnp.bfloat16 and back["n"].shape == ()


def _refused(path, match, like=None):
    with pytest.raises(NeuropilError, match=match) as caught:
        load(path, like=net() if like is None else like)
    assert str(path) in str(caught.value) and "Fix: " in str(caught.value)


def test_every_damaged_byte_is_noticed(tmp_path):
    path = tmp_path / "node.safetensors"
    save(path, net())
    good = path.read_bytes()
    rng = random.Random(0)
    for position in rng.sample(range(len(good)), 60):
        bad = bytearray(good)
        bad[position] ^= 1 << rng.randrange(8)
        path.write_bytes(bytes(bad))
        with pytest.raises(NeuropilError):
            load(path, like=net())
    for length in (0, 7, 100, len(good) - 1):
        path.write_bytes(good[:length])
        _refused(path, "damaged or foreign")


def test_missing_foreign_and_unfit_files_are_refused(tmp_path):
    from safetensors.numpy import save_file

    _refused(tmp_path / "nothing.safetensors", "no such file")
    path = tmp_path / "file.safetensors"
    path.write_text("hello")
    _refused(path, "damaged or foreign")
    save_file({"a": np.zeros(3)}, path)
    _refused(path, "another program")
    save(path, net(hidden=5))
    _refused(path, r"node\.projections\[0\]\.weight float32\[6, 5\].*expected .*float32\[6, 8\]")
    save(path, lif(3))
    _refused(path, "missing")
    with pytest.raises(NeuropilError, match="node: got"):
        save(path, {"a": jnp.ones(3)})


def test_a_file_of_another_schema_is_refused(tmp_path, monkeypatch):
    from neuropil.numerics import _files

    path = tmp_path / "node.safetensors"
    with monkeypatch.context() as patch:
        patch.setattr(_files, "SCHEMA", 99)
        save(path, net())
    _refused(path, "schema 99")


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"batch_size": 7}, "batch_size"),
        ({"dt": 0.5}, "dt"),
        ({"key": jax.random.key(9)}, "another random key"),
        ({"optimizer": optax.sgd(0.1)}, "optimizer"),
        ({"truncate": 4}, "truncate"),
        ({"checkpoint": 4}, "checkpoint"),
        ({"momentum": 0.9}, "momentum.*0.1.*momentum.*0.9"),
        ({"stopping": Stopping("loss", patience=None)}, "stopping.*accuracy.*max.*loss.*min"),
        ({"stopping": None}, "stopping"),
        ({"loss": cross_entropy(last)}, "loss.*problems.total.*loss.*test_checkpoints.last"),
        ({"metrics": {"accuracy": accuracy(last)}}, "metrics"),
    ],
)
def test_a_checkpoint_of_another_fit_is_refused(tmp_path, changes, match):
    run(tmp_path, epochs=1)
    with pytest.raises(NeuropilError, match=match):
        run(tmp_path, resume=True, **changes)


def test_other_versions_or_cores_are_reported(tmp_path, monkeypatch):
    from neuropil.training import _checkpoint

    run(tmp_path, epochs=1)
    now = {**_checkpoint.surroundings(), "jax": "99.0", "cores": 77}
    monkeypatch.setattr(_checkpoint, "surroundings", lambda: now)
    with pytest.warns(UserWarning, match=r"jax .*, now 99\.0; cores .*, now 77: the last bits"):
        run(tmp_path, resume=True)


def test_parameters_alone_are_no_checkpoint(tmp_path):
    save(tmp_path / "c.safetensors", net())
    with pytest.raises(NeuropilError, match="parameters only"):
        run(tmp_path, resume=True)


def _kill_and_resume(tmp_path, kills, seed):
    rng = random.Random(seed)
    script = Path(__file__).with_name("killed.py")
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "XLA_FLAGS": ""}

    def start(folder, pause):
        command = [sys.executable, str(script), str(folder), str(pause)]
        return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)

    whole, cut = tmp_path / "whole", tmp_path / "cut"
    reference = start(whole, 0.0)
    killed = 0
    for _ in range(kills):
        process = start(cut, 0.03)
        mark = _progress(cut)
        patience = time.monotonic() + 90
        while _progress(cut) == mark and process.poll() is None and time.monotonic() < patience:
            time.sleep(0.005)
        time.sleep(rng.random() * 0.4)
        process.kill()
        process.communicate()
        killed += process.returncode == -signal.SIGKILL
    last = start(cut, 0.0)
    for process in (last, reference):
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors.decode()
    for name in ("checkpoint.safetensors", "node.safetensors"):
        assert (cut / name).read_bytes() == (whole / name).read_bytes()
    assert log_of(cut) == log_of(whole)
    return killed


def _progress(folder):
    path = folder / "checkpoint.safetensors"
    return path.stat().st_mtime_ns if path.exists() else None


@pytest.mark.slow
def test_kill_9_at_many_random_moments_changes_no_bit(tmp_path):
    assert _kill_and_resume(tmp_path, kills=8, seed=1) >= 6
