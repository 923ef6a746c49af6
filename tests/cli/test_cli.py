"""A real system through the command line, in processes of its own."""

import json
import subprocess
import sys

import pytest

from neuropil.cli import main

SMALL = ["--data", "interval", "--set", "epochs=2", "--set", "hidden=4"]


def neuropil(*arguments, cwd, timeout=120):
    command = [sys.executable, "-m", "neuropil", *arguments]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=timeout, check=False
    )


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """A function that runs the command line in this process, for what is refused at once."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["neuropil", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        return caught.value.code, capsys.readouterr().err

    return run


@pytest.mark.parametrize(
    "text",
    ["epochs=-3", "epochs=0", "hidden=-4", "hidden=0", "hidden=8,0", "longest=-1", "longest=0",
     "batch_size=0", "rate=-1", "delay_rate=-1"],
)  # fmt: skip
def test_a_setting_that_makes_no_sense_is_refused_and_leaves_no_folder(call, tmp_path, text):
    status, err = call("run", "delays", "--data", "interval", "--set", text, "--out", "a")
    assert status == 2
    assert f"--set {text.partition('=')[0]}: got" in err
    assert "What can be set" in err
    assert list(tmp_path.iterdir()) == []


def test_a_run_on_data_that_are_not_there_leaves_no_folder(call, tmp_path, monkeypatch):
    for name in ("NEUROPIL_DATA", "HOME", "XDG_DATA_HOME", "XDG_DATA_DIRS", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    status, err = call("run", "delays", "--data", "shd", "--out", "a")
    assert status == 2
    assert "shd" in err and "Fix: " in err
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    done = neuropil("run", "delays", *SMALL, "--out", "first", "--no-check", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


@pytest.mark.slow
def test_a_run_leaves_its_folder_and_prints_pure_json(finished):
    folder, printed = finished
    names = {path.name for path in (folder / "first").iterdir()}
    assert names >= {
        "config.json",
        "metrics.json",
        "report.html",
        "checkpoint.safetensors",
        "log.jsonl",
    }
    assert not [name for name in names if name.startswith(".")]
    stored = json.loads((folder / "first" / "metrics.json").read_text())
    assert printed["metrics"] == stored["metrics"]
    assert stored["claims"] == [] and 0.0 <= stored["metrics"]["test_accuracy"] <= 1.0
    config = json.loads((folder / "first" / "config.json").read_text())
    assert config["settings"]["epochs"] == 2 and config["settings"]["hidden"] == [4]


@pytest.mark.slow
def test_a_report_can_be_drawn_again(finished):
    folder, _ = finished
    (folder / "first" / "report.html").unlink()
    done = neuropil("report", "first", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert (folder / json.loads(done.stdout)["report"]).stat().st_size > 10_000


@pytest.mark.slow
def test_runs_are_put_side_by_side(finished):
    folder, _ = finished
    alone = neuropil("compare", "first", cwd=folder)
    assert alone.returncode == 2 and "two runs" in alone.stderr
    done = neuropil("compare", "first", "first", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert (folder / json.loads(done.stdout)["page"]).is_file()


@pytest.mark.slow
def test_a_finished_or_occupied_folder_is_left_alone(finished):
    folder, _ = finished
    again = neuropil("run", "delays", *SMALL, "--out", "first", cwd=folder)
    assert again.returncode == 2 and "not empty" in again.stderr
    resumed = neuropil("run", "delays", "--resume", "first", "--no-check", cwd=folder)
    assert resumed.returncode == 2 and "finished" in resumed.stderr
