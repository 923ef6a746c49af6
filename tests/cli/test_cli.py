"""The command line as a user meets it: what it prints, where, and its exit status."""

import json
import os
import signal
import subprocess
import sys
import time

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


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "delay"], ["'delay'", "did you mean 'delays'"]),
        (["run"], ["a system's name"]),
        (["run", "delays", "--data", "digit"], ["did you mean 'digits'"]),
        (["run", "delays", "--set", "epoch=3"], ["epochs", "int", "default"]),
        (["run", "delays", "--set", "epochs=many"], ["epochs", "many", "int"]),
        (["run", "delays", "--set", "epochs"], ["key=value"]),
        (["run", "delays", "--seed", "-1"], ["--seed"]),
        (["run", "delays", "--resume", "nowhere"], ["nowhere", "folder"]),
        (["verify", "dalays", "--quick"], ["did you mean 'delays'"]),
        (["verify", "delays", "--quick", "--seeds", "0"], ["at least one seed"]),
        (["report", "nowhere"], ["nowhere", "folder"]),
        (["rum"], ["rum"]),
    ],
)
def test_bad_usage_is_answered_with_a_message_and_status_2(tmp_path, arguments, words):
    done = neuropil(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert all(word in done.stderr for word in words), done.stderr
    assert not (tmp_path / "runs").exists()


def test_ctrl_c_leaves_a_run_that_can_go_on(tmp_path):
    command = [sys.executable, "-c", "from neuropil.cli import main; main()"]
    command += ["run", "delays", "--data", "interval", "--set", "epochs=300", "--out", "long"]
    process = subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    log, waited = tmp_path / "long" / "log.jsonl", time.monotonic() + 90
    while not (log.exists() and log.read_text().count("\n") >= 2):
        assert time.monotonic() < waited and process.poll() is None
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "--resume long" in told and "Traceback" not in told
    assert (tmp_path / "long" / "checkpoint.safetensors").is_file()
    assert not (tmp_path / "long" / "metrics.json").exists()
    drawn = neuropil("report", "long", cwd=tmp_path)
    assert drawn.returncode == 0, drawn.stderr


def test_systems_and_doctor_tell_what_there_is(tmp_path):
    systems = json.loads(neuropil("systems", "--json", cwd=tmp_path).stdout)
    assert [system["name"] for system in systems] == ["delays"]
    assert all(claim["bound"] for claim in systems[0]["claims"])
    doctor = json.loads(neuropil("doctor", "--json", cwd=tmp_path).stdout)
    assert doctor["versions"]["jax"] and doctor["devices"]
    assert {extra["name"] for extra in doctor["extras"]} == {"report", "data", "kernels", "events"}
    assert "delays" in neuropil("systems", cwd=tmp_path).stdout
    assert neuropil("doctor", cwd=tmp_path).returncode == 0


def test_status_1_when_a_claim_fails(tmp_path):
    script = (
        "import dataclasses, neuropil.systems as s\n"
        "from neuropil.cli import main\n"
        "system = s.load_system('delays')\n"
        "def check(seeds, quick, progress): return s.Result(measured, ablated)\n"
        "claim = dataclasses.replace(system.claims[0], check=check)\n"
        "s.load_system = lambda name: dataclasses.replace(system, claims=(claim,))\n"
    )
    for measured, ablated, status in ((0.95, 0.2, 0), (0.5, 0.2, 1), (0.95, 0.95, 1)):
        text = f"measured, ablated = {measured}, {ablated}\n{script}main()"
        command = [sys.executable, "-c", text, "verify", "delays", "--json"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stderr
        row = json.loads(done.stdout)["claims"][0]
        assert row["holds"] is (measured >= 0.9) and row["ablation"]["holds"] is (ablated >= 0.9)
        assert set(row) >= {"system", "claim", "measured", "bound", "seeds", "wall_s"}
