import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from email.message import Message
from importlib import metadata
from pathlib import Path

import pytest

import neuropil
from neuropil.cli import main
from neuropil.cli._extras import required
from neuropil.training import NonFiniteError

from ..systems import fake

SCRIPT = Path(fake.__file__)
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(neuropil.__file__).parents[1])}


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """A function that runs the command line with the small systems in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    fake.offer(monkeypatch)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["neuropil", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            main()
        output = capsys.readouterr()
        return caught.value.code or 0, output.out, output.err

    return run


def ran(call, *arguments):
    status, out, err = call(*arguments)
    assert status == 0, err
    return json.loads(out)


def test_a_run_writes_its_folder_and_says_where(call, tmp_path):
    status, out, _ = call("run", "counter", "--out", "a", "--seed", "2", "--set", "epochs=4")
    assert status == 0
    assert "92.0 %" in out
    assert "a/report.html" in out
    names = {path.name for path in (tmp_path / "a").iterdir()}
    assert names == {"config.json", "metrics.json", "report.html", "log.jsonl",
                     "arrays.safetensors", "checkpoint.safetensors"}  # fmt: skip
    config = json.loads((tmp_path / "a" / "config.json").read_text())
    assert config["command"] == "neuropil run counter --out a --seed 2 --set epochs=4"
    assert config["settings"]["epochs"] == 4
    assert config["data"] == "numbers"


def test_a_run_checks_its_claims_and_stores_them(call, tmp_path):
    found = ran(call, "run", "counter", "--out", "a", "--json")
    stored = json.loads((tmp_path / "a" / "metrics.json").read_text())
    assert found["claims"] == stored["claims"]
    assert [(row["claim"], row["holds"], row["ablation"]["holds"]) for row in stored["claims"]] == [
        ("counts", True, False)
    ]
    assert call("run", "boastful", "--out", "b")[0] == 1
    assert call("run", "boastful", "--out", "c", "--no-check")[0] == 0


def test_a_run_without_out_uses_a_dated_folder_each_time(call, tmp_path):
    for _ in range(2):
        assert call("run", "counter", "--no-check")[0] == 0
    names = [path.name for path in (tmp_path / "runs").iterdir()]
    assert len(set(names)) == 2
    assert all(name.startswith("counter-20") for name in names)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "conter"], "did you mean 'counter'"),
        (["verify", "counter", "boastfull"], "did you mean 'boastful'"),
        (["run"], "neuropil systems"),
        (["run", "counter", "--set", "epoch=3"], "did you mean 'epochs'"),
        (["run", "counter", "--set", "epochs=many"], "What can be set"),
        (["run", "counter", "--data", "number"], "did you mean 'numbers'"),
        (["run", "counter", "--seed", "x"], "--seed"),
        (["run", "counter", "--seed", "-1"], "--seed"),
        (["run", "counter", "--seed", "99999999999999999999"], "--seed"),
        (["run", "counter", "--out", f"{SCRIPT}/a"], f"{SCRIPT}/a"),
        (["run", "counter", "--resume", "nowhere"], "not a folder"),
        (["verify"], "NAME"),
        (["verify", "counter", "--seeds", "0"], "at least one seed"),
        (["verify", "slow", "--quick"], "leave out --quick"),
        (["report", "nowhere"], "not a folder"),
        (["compare", "nowhere"], "at least two runs"),
        (["compare", "nowhere", "either"], "not a folder"),
        (["rum"], "rum"),
        (["run", "counter", "--fast"], "--fast"),
    ],
)
def test_bad_usage_exits_2_with_a_message_and_nothing_on_stdout(call, tmp_path, arguments, words):
    status, out, err = call(*arguments)
    assert status == 2
    assert words in err
    assert out == ""
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_use_is_refused_suggesting_to_resume(call):
    assert call("run", "counter", "--out", "a", "--no-check")[0] == 0
    status, _, err = call("run", "counter", "--out", "a")
    assert status == 2
    assert "--resume a" in err


def test_what_a_run_began_with_cannot_be_changed(call, tmp_path):
    assert call("run", "counter", "--out", "a")[0] == 0
    status, _, err = call("run", "counter", "--resume", "a")
    assert status == 2
    assert "neuropil report a" in err
    (tmp_path / "a" / "metrics.json").unlink()
    for option in (["--seed", "0"], ["--data", "letters"], ["--set", "epochs=9"], ["--quick"]):
        status, _, err = call("run", "counter", "--resume", "a", *option)
        assert status == 2
        assert option[0] in err
    assert call("run", "boastful", "--resume", "a")[0] == 2
    assert call("run", "--resume", "a")[0] == 0


def test_claims_whose_check_was_stopped_are_checked_on_resuming(call, tmp_path, monkeypatch):
    def stop(seeds, quick, progress):
        raise KeyboardInterrupt

    whole = fake.build("counter", fake.claim("first", 0.9, 0.1), fake.claim("second", 0.8, 0.2))
    torn = dataclasses.replace(whole.claims[1], check=stop)
    module = sys.modules["fake_counter"]
    monkeypatch.setattr(module, "system", fake.build("counter", whole.claims[0], torn))
    status, _, err = call("run", "counter", "--out", "a")
    assert status == 130
    assert "neuropil run counter --resume a" in err
    metrics = json.loads((tmp_path / "a" / "metrics.json").read_text())
    assert [row["claim"] for row in metrics["claims"]] == ["first"]
    log = (tmp_path / "a" / "log.jsonl").read_text()
    monkeypatch.setattr(module, "system", whole)
    assert call("run", "--resume", "a", "--no-check")[0] == 2
    status, _, err = call("run", "--resume", "a")
    assert status == 0, err
    assert err.count("Checking") == 1
    after = json.loads((tmp_path / "a" / "metrics.json").read_text())
    assert [row["claim"] for row in after["claims"]] == ["first", "second"]
    assert after["claims"][0] == metrics["claims"][0]
    assert (after["metrics"], after["wall_s"]) == (metrics["metrics"], metrics["wall_s"])
    assert (tmp_path / "a" / "log.jsonl").read_text() == log
    assert (tmp_path / "a" / "report.html").exists()
    assert call("run", "--resume", "a")[0] == 2


@pytest.mark.parametrize(
    "content", ['{"schema": 1, "system": "counter"}', "{}", '{"system": 3}', "[]", "{"]
)
def test_a_damaged_config_is_refused_on_resuming(call, tmp_path, content):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "config.json").write_text(content)
    status, _, err = call("run", "--resume", "a")
    assert status == 2
    assert "config.json" in err and "Fix: " in err


def test_diverged_training_is_a_failure_and_no_bad_usage(call, tmp_path, monkeypatch):
    def diverge(settings, context):
        raise NonFiniteError(0, 3, 12, "v", "node 'hidden1'", "it grew.", "lower the rate")

    module = sys.modules["fake_counter"]
    monkeypatch.setattr(module, "system", dataclasses.replace(fake.counter, run=diverge))
    status, out, err = call("run", "counter", "--out", "a")
    assert (status, out) == (1, "")
    assert "epoch 0, step 3" in err and "lower the rate" in err
    assert list(tmp_path.iterdir()) == []


def test_errors_of_the_machine_are_not_passed_off_as_bad_input(call, monkeypatch):
    def full(settings, context):
        raise OSError(28, "No space left on device")

    module = sys.modules["fake_counter"]
    monkeypatch.setattr(module, "system", dataclasses.replace(fake.counter, run=full))
    with pytest.raises(OSError, match="No space"):
        call("run", "counter", "--out", "a")


@pytest.mark.parametrize(
    ("names", "status"),
    [
        (["counter"], 0),
        (["boastful"], 1),
        (["toothless"], 1),
        (["empty"], 1),
        (["counter", "boastful"], 1),
    ],
)
def test_verify_says_by_its_status_whether_all_is_as_declared(call, names, status):
    found, out, _ = call("verify", *names, "--json")
    assert found == status
    content = json.loads(out)
    assert content["as_declared"] is (status == 0)
    assert {row["system"] for row in content["claims"]} == set(names)
    keys = {"system", "claim", "measured", "bound", "holds", "ablation", "seeds", "wall_s"}
    assert all(keys <= row.keys() for row in content["claims"])


def test_verify_shows_a_failed_claim_and_a_toothless_ablation(call):
    _, out, err = call("verify", "boastful", "toothless")
    assert "too much" in out
    assert "no mechanism" in out
    assert out.count("no ") >= 2
    assert "3 seeds" in err


def test_verify_checks_the_rest_where_data_are_missing_and_says_which(call):
    status, out, err = call("verify", "wanting", "counter", "--json")
    content = json.loads(out)
    assert status == 2 and content["as_declared"] is False
    assert {row["system"] for row in content["claims"]} == {"counter"}
    assert list(content["missing"]) == ["wanting: reads"]
    assert "Not checked: wanting: reads. letters: got nothing" in err


def test_verify_takes_seeds_and_the_quick_form(call):
    rows = ran(call, "verify", "counter", "--json", "--seeds", "5")["claims"]
    assert [row["seeds"] for row in rows] == [[0, 1, 2, 3, 4]] * 2
    rows = ran(call, "verify", "counter", "counter", "--json", "--quick")["claims"]
    assert [(row["claim"], row["seeds"]) for row in rows] == [("counts", [0])]


def test_json_is_alone_on_stdout_even_where_the_system_prints(call):
    found = ran(call, "run", "counter", "--out", "a", "--json", "--set", "loud=yes")
    assert found["metrics"]["test_accuracy"] == 0.9
    assert ran(call, "report", "a", "--json") == {"report": "a/report.html"}
    assert {row["name"] for row in ran(call, "systems", "--json")} == set(fake.ALL)
    assert ran(call, "doctor", "--json")["devices"]


def test_the_report_is_redrawn_from_the_folder_alone(call, tmp_path):
    assert call("run", "counter", "--out", "a")[0] == 0
    page = tmp_path / "a" / "report.html"
    first = page.read_text()
    page.unlink()
    status, out, _ = call("report", "a")
    assert status == 0
    assert out.strip() == "a/report.html"
    assert page.read_text() == first


def test_compare_puts_runs_side_by_side(call, tmp_path):
    for seed in (0, 3):
        assert call("run", "counter", "--out", f"r{seed}", "--seed", seed, "--no-check")[0] == 0
    found = ran(call, "compare", "r0", "r3", "--json")
    assert found["runs"] == ["r0", "r3"]
    assert found["asked"]["seed"] == [0, 3]
    assert found["metrics"]["test_accuracy"] == [0.9, 0.93]
    assert (tmp_path / "compare.html").is_file()
    status, out, _ = call("compare", "r0", "r3", "--out", "deep/page.html")
    assert status == 0
    assert "93.0 %" in out
    assert (tmp_path / "deep" / "page.html").is_file()


def test_without_matplotlib_a_run_is_kept_and_says_what_to_install(call, tmp_path, monkeypatch):
    from importlib import util

    real = util.find_spec
    monkeypatch.setattr(
        util, "find_spec", lambda name, *more: None if name == "matplotlib" else real(name, *more)
    )
    status, out, err = call("run", "counter", "--out", "a", "--no-check")
    assert status == 0
    assert "neuropil[report]" in err
    assert (tmp_path / "a" / "metrics.json").is_file()
    assert not (tmp_path / "a" / "report.html").exists()


def test_systems_and_doctor_tell_a_person(call):
    status, out, _ = call("systems")
    assert status == 0
    assert "[and nothing else]" in out
    assert "passes over the data" in out
    status, out, _ = call("doctor")
    assert status == 0
    for word in ("jax", "report", "kernels", "digits"):
        assert word in out


def test_doctor_lists_every_extra_and_what_of_it_is_missing(call):
    declared = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    found = {extra["name"]: extra for extra in ran(call, "doctor", "--json")["extras"]}
    assert set(found) == set(declared["optional-dependencies"])
    for name, extra in found.items():
        assert extra["present"] == (not extra["missing"])
        assert bool(extra["fix"]) == bool(extra["missing"]) and (
            not extra["fix"] or f"[{name}]" in extra["fix"]
        )


def test_doctor_misses_what_is_not_installed(call, monkeypatch):
    declared = ["numpy>=2.0; extra == 'plain'", "not-there[all]<2,>=1; extra == 'plain'", "jax"]
    assert required(declared) == {"plain": ["numpy", "not-there"]}
    known = Message()
    known["Provides-Extra"] = "plain"
    monkeypatch.setattr(metadata, "requires", lambda name: declared)
    monkeypatch.setattr(metadata, "metadata", lambda name: known)
    (extra,) = ran(call, "doctor", "--json")["extras"]
    fix = "pip install 'neuropil[plain]'"
    assert extra == {"name": "plain", "present": False, "missing": ["not-there"], "fix": fix}


def test_a_defect_is_not_passed_off_as_bad_input(call, monkeypatch):
    def broken(settings, context):
        raise ValueError("shapes do not match")

    module = sys.modules["fake_counter"]
    monkeypatch.setattr(module, "system", fake.build("counter", *fake.counter.claims))
    object.__setattr__(module.system, "run", broken)
    with pytest.raises(ValueError, match="shapes do not match"):
        call("run", "counter", "--out", "a")


def start(folder, *arguments):
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), *arguments],
        cwd=folder, env=ENVIRONMENT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


@pytest.mark.slow
def test_ctrl_c_leaves_a_run_that_goes_on(tmp_path):
    running = start(tmp_path, "run", "counter", "--out", "a", "--set", "pause=0.3",
                    "--set", "epochs=40", "--json")  # fmt: skip
    checkpoint = tmp_path / "a" / "checkpoint.safetensors"
    deadline = time.monotonic() + 60
    while not checkpoint.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 130, err
    assert out == ""
    assert "neuropil run counter --resume a" in err
    assert "Traceback" not in err
    config = tmp_path / "a" / "config.json"
    config.write_text(config.read_text().replace('"epochs": 40', '"epochs": 3'))
    again = start(tmp_path, "run", "counter", "--resume", "a", "--json")
    out, err = again.communicate(timeout=60)
    assert again.returncode == 0, err
    assert json.loads(out)["metrics"]["epochs_before"] >= 1


def test_help_is_shown_before_anything_heavy_is_imported(tmp_path):
    code = (
        "import sys\nsys.argv = ['neuropil', '--help']\nfrom neuropil.cli import main\n"
        "try:\n    main()\nexcept SystemExit: pass\n"
        "heavy = {'jax', 'numpy', 'matplotlib', 'safetensors'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=ENVIRONMENT, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for command in ("systems", "run", "verify", "report", "compare", "doctor"):
        assert command in done.stdout
