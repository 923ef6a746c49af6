import shlex
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from ._output import AsJson, print_json, say


def run(
    name: Annotated[str | None, typer.Argument(help="A system's name.", metavar="NAME")] = None,
    data: Annotated[str | None, typer.Option(help="The data to train on.")] = None,
    seed: Annotated[int, typer.Option(help="From which all randomness comes.")] = 0,
    assignments: Annotated[
        list[str] | None, typer.Option("--set", help="Change a setting.", metavar="KEY=VALUE")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="A new folder for the run.")] = None,
    resume: Annotated[
        Path | None, typer.Option(help="The folder of a stopped run, to go on with.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A small form.")] = False,
    as_json: AsJson = False,
) -> None:
    """Train or simulate a system, into a run folder with a report."""
    from ..report import write_report
    from ..systems import (
        RunFolder,
        begin,
        carry_out,
        fail,
        load_system,
        open_folder,
        parse_settings,
        read_json,
    )
    from ..systems import (
        resume as take_up,
    )

    if resume is not None:
        if data is not None or assignments or out is not None or quick:
            fail("--resume", "it with other options", "it alone", "a run keeps its settings")
        folder = open_folder(resume)
        config = read_json(folder.config)
        if folder.metrics.exists():
            fail("--resume", f"{resume}, which has finished", "a stopped run", "start a new one")
        system = load_system(name or config.get("system", ""))
        settings, context = take_up(system, folder, show=not as_json)
    else:
        if name is None:
            fail("NAME", "nothing", "a system's name", "list them with `neuropil systems`")
        system = load_system(name)
        settings = parse_settings(system.settings, assignments or ())
        folder = RunFolder(out if out is not None else _dated(system.name))
        context = begin(
            system,
            settings,
            folder,
            seed=seed,
            data=data,
            quick=quick,
            show=not as_json,
            command=shlex.join(["neuropil", *sys.argv[1:]]),
        )
    if not as_json:
        say(f"{system.title}\n{context.data}, seed {context.seed}, into {folder.path}")
    try:
        summary = carry_out(system, settings, context)
    except KeyboardInterrupt:
        say(f"\nStopped. Go on with: neuropil run {system.name} --resume {folder.path}")
        raise
    report = write_report(folder.path)
    if as_json:
        print_json({"folder": folder.path, "report": report, **summary})
        return
    for key, value in summary["metrics"].items():
        say(f"  {key.replace('_', ' '):28} {value:.4g}")
    say(f"Report: {report}  ({summary['wall_s']:.1f} s)")


def _dated(name: str) -> Path:
    return Path("runs") / f"{name}-{datetime.now():%Y%m%d-%H%M%S}"
