"""Running a system into a folder from which its report can be drawn at any time."""

import json
import sys
from datetime import datetime
from typing import Any

from ._content import read_config, read_metrics
from ._errors import choose, fail, opening, telling_divergence
from ._folder import RunFolder, read_json, write_arrays, write_json
from ._machine import machine, versions
from ._settings import settings_from_json, settings_to_json
from ._spent import next_leg
from ._system import Claim, Outcome, RunContext, System

SCHEMA = 1
SEEDS = 2**32  # JAX keeps 32 bits of a seed, so a larger one would repeat a smaller one


def begin(
    system: System,
    settings: Any,
    folder: RunFolder,
    *,
    seed: int = 0,
    data: str | None = None,
    quick: bool = False,
    show: bool = True,
    command: str = "",
) -> RunContext:
    """Set up the folder of a new run: from here on it can be resumed.

    **Arguments:** `system`; `settings`, an instance of its settings; `folder`, new or empty;
    `seed`, from 0 to 2**32 - 1; `data`, one of the system's names, the first by default; `quick`;
    `show`; `command`, the exact command line, for the report.

    **Raises:** `InputError` for a folder that holds something, unknown data, a bad seed.
    """
    data = choose(data if data is not None else system.data[0], "--data", system.data)
    if not 0 <= seed < SEEDS:
        fail("--seed", seed, "an integer from 0 to 2**32 - 1", "pass e.g. --seed 0")
    with opening(folder.path, "--out", "a folder that can be written"):
        _require_empty(folder, system.name)
        folder.path.mkdir(parents=True, exist_ok=True)
    config = {
        "schema": SCHEMA,
        "system": system.name,
        "title": system.title,
        "summary": system.summary,
        "reference": system.reference,
        "data": data,
        "seed": seed,
        "quick": quick,
        "settings": settings_to_json(settings),
        "claims": [_declared(claim) for claim in system.claims],
        "command": command,
        "versions": versions(),
        "machine": machine(),
        "started": datetime.now().astimezone().isoformat(timespec="seconds"),
    }
    write_json(folder.config, config)
    return RunContext(folder, seed, data, quick=quick, resume=False, show=show)


def withdraw(folder: RunFolder) -> None:
    """Remove the folder of a run that ended before it made anything, so that it can be repeated."""
    found = list(folder.path.iterdir())
    if [path for path in found if path.stat().st_size] == [folder.config]:
        for path in found:
            path.unlink()
        folder.path.rmdir()


def resume(system: System, folder: RunFolder, *, show: bool = True) -> tuple[Any, RunContext]:
    """Take up a run that was stopped, with the settings it was begun with.

    **Raises:** `InputError` if the run is of another system or its config cannot be read.
    """
    config = read_config(folder)
    if config.get("schema") != SCHEMA:
        fail("config.json", f"schema {config.get('schema')}", f"schema {SCHEMA}", "start a new run")
    if config["system"] != system.name:
        fail(
            "--resume",
            f"a run of {config['system']!r}",
            f"a run of {system.name!r}",
            f"use `neuropil run {config['system']} --resume {folder.path}`",
        )
    if not 0 <= config["seed"] < SEEDS:
        fail("config.json, seed", config["seed"], "0 to 2**32 - 1", "restore the file")
    settings = settings_from_json(system.settings, config["settings"])
    context = RunContext(
        folder,
        config["seed"],
        choose(config["data"], "data", system.data),
        quick=config["quick"],
        resume=folder.checkpoint.exists(),
        show=show,
    )
    return settings, context


def carry_out(system: System, settings: Any, context: RunContext) -> dict[str, Any]:
    """Run a system and store what came out; returns what `metrics.json` holds.

    Time is summed over the legs of a run that was stopped and resumed, memory is the highest.

    **Raises:** `RunError` where training diverged.
    """
    leg = next_leg(context.folder)
    try:
        with telling_divergence():
            outcome: Outcome = system.run(settings, context)
    except BaseException:
        if context.folder.checkpoint.exists():
            leg.stop()
        raise
    told = {"tick_ms": outcome.tick_ms, "classes": list(outcome.classes)}
    write_arrays(context.folder.arrays, outcome.arrays, {"about": json.dumps(told)})
    summary = {
        "schema": SCHEMA,
        "system": system.name,
        "data": context.data,
        "seed": context.seed,
        "quick": context.quick,
        "metrics": dict(outcome.metrics),
        "setup": dict(outcome.setup),
        "claims": [],
        **leg.spent(),
        "devices": _devices(),
        "resumed": context.resume,
    }
    write_json(context.folder.metrics, summary)
    leg.finish()
    return read_json(context.folder.metrics)


def record_claims(folder: RunFolder, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Store checked claims with what came out of a run; returns what `metrics.json` holds.

    **Arguments:** `folder`, of a finished run; `rows`, as `check_claim` returns them.
    """
    write_json(folder.metrics, read_metrics(folder) | {"claims": rows})
    return read_json(folder.metrics)


def _require_empty(folder: RunFolder, name: str) -> None:
    if folder.path.is_file():
        fail("--out", f"{folder.path}, which is a file", "a folder", "choose another name")
    if folder.path.is_dir() and any(folder.path.iterdir()):
        fix = "choose another folder"
        if folder.config.exists():
            fix = f"go on with `neuropil run {name} --resume {folder.path}`, or {fix}"
        fail("--out", f"{folder.path}, which is not empty", "a new or empty folder", fix)


def _declared(claim: Claim) -> dict[str, str]:
    small = claim.bound_for(quick=True)
    return {
        "name": claim.name,
        "statement": claim.statement,
        "bound": str(claim.bound),
        "derivation": claim.bound.derivation,
        "quick_bound": str(small),
        "quick_derivation": small.derivation,
        "ablation": claim.ablation,
    }


def _devices() -> list[str]:
    if "jax" not in sys.modules:
        return []
    import jax

    kinds = [device.device_kind for device in jax.devices()]
    return [str(machine()["processor"]) if kind == "cpu" else kind for kind in kinds]
