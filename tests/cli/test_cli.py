"""A real system through the command line, in processes of its own."""

import json
import subprocess
import sys

import pytest

SMALL = ["--data", "interval", "--set", "epochs=2", "--set", "hidden=4"]


def neuropil(*arguments, cwd, timeout=120):
    command = [sys.executable, "-c", "from neuropil.cli import main; main()", *arguments]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=timeout, check=False
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    done = neuropil("run", "delays", *SMALL, "--out", "first", "--no-check", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


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


def test_a_report_can_be_drawn_again(finished):
    folder, _ = finished
    (folder / "first" / "report.html").unlink()
    done = neuropil("report", "first", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert (folder / json.loads(done.stdout)["report"]).stat().st_size > 10_000


def test_runs_are_put_side_by_side(finished):
    folder, _ = finished
    alone = neuropil("compare", "first", cwd=folder)
    assert alone.returncode == 2 and "two runs" in alone.stderr
    done = neuropil("compare", "first", "first", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert (folder / json.loads(done.stdout)["page"]).is_file()


def test_a_finished_or_occupied_folder_is_left_alone(finished):
    folder, _ = finished
    again = neuropil("run", "delays", *SMALL, "--out", "first", cwd=folder)
    assert again.returncode == 2 and "not empty" in again.stderr
    resumed = neuropil("run", "delays", "--resume", "first", cwd=folder)
    assert resumed.returncode == 2 and "finished" in resumed.stderr
