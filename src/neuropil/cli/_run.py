import contextlib
import importlib.util
import shlex
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ._output import AsJson, only_json, print_claims, print_json, say

if TYPE_CHECKING:
    from ..systems import Claim, RunContext, RunFolder, System


def run(
    name: Annotated[str | None, typer.Argument(help="A system's name.", metavar="NAME")] = None,
    data: Annotated[str | None, typer.Option(help="The data to run on.", metavar="NAME")] = None,
    seed: Annotated[
        int | None, typer.Option(help="From which all randomness comes; 0 by default.")
    ] = None,
    assignments: Annotated[
        list[str] | None, typer.Option("--set", help="Change a setting.", metavar="KEY=VALUE")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="A new folder for the run; a dated one by default.")
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(help="The folder of a stopped run, to go on with.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A small form.")] = False,
    check: Annotated[
        bool, typer.Option(help="Check the claims afterwards, in their quick form.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Train or simulate a system, into a run folder with a report."""
    from ..systems import as_declared

    show = not as_json
    if resume is not None:
        given = {"--data": data, "--seed": seed, "--set": assignments, "--out": out,
                 "--quick": quick or None}  # fmt: skip
        system, settings, context = _take_up(name, resume, given, check, show)
    else:
        system, settings, context = _set_up(name, data, seed, assignments or [], out, quick, show)
    folder = context.folder
    if show:
        say(f"{system.title}\n{context.data}, seed {context.seed}, into {folder.path}")
    with _telling_how_to_go_on(system, folder, check), only_json(as_json):
        summary = _carry_out(system, settings, context, new=resume is None)
        if check:
            summary = _check(system, folder, summary)
        report = _draw(folder)
    if as_json:
        print_json({"folder": folder.path, "report": report, **summary})
    else:
        _tell(summary, report)
    raise typer.Exit(0 if all(as_declared(row) for row in summary["claims"]) else 1)


Started = tuple["System", Any, "RunContext"]


def _set_up(
    name: str | None,
    data: str | None,
    seed: int | None,
    assignments: list[str],
    out: Path | None,
    quick: bool,
    show: bool,
) -> Started:
    from ..systems import RunFolder, begin, fail, load_system, parse_settings

    if name is None:
        fail("NAME", "nothing", "a system's name", "list them with `neuropil systems`")
    system = load_system(name)
    settings = parse_settings(system.settings, assignments)
    context = begin(
        system,
        settings,
        RunFolder(out if out is not None else _dated(system.name)),
        seed=0 if seed is None else seed,
        data=data,
        quick=quick,
        show=show,
        command=shlex.join(["neuropil", *sys.argv[1:]]),
    )
    return system, settings, context


def _take_up(
    name: str | None, path: Path, given: dict[str, Any], check: bool, show: bool
) -> Started:
    from ..systems import fail, load_system, open_folder, read_config, resume

    for option, value in given.items():
        if value is not None and value != []:
            fail(option, "it beside --resume", "--resume alone", "a run keeps what it began with")
    folder = open_folder(path)
    system = load_system(name or read_config(folder)["system"])
    started = resume(system, folder, show=show)
    if _is_complete(system, folder, check):
        fix = f"draw its report with `neuropil report {path}`, or start a new run"
        fail("--resume", f"{path}, which has finished", "a stopped run", fix)
    return system, *started


def _dated(name: str) -> Path:
    path = Path("runs") / f"{name}-{datetime.now():%Y%m%d-%H%M%S}"
    others = (path.with_name(f"{path.name}-{count}") for count in range(2, 100))
    return path if not path.exists() else next(other for other in others if not other.exists())


@contextlib.contextmanager
def _telling_how_to_go_on(system: "System", folder: "RunFolder", check: bool) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        if _is_complete(system, folder, check):
            say(f"\nThe run is complete. Draw its report: neuropil report {folder.path}")
        else:
            say(f"\nStopped. Go on with: neuropil run {system.name} --resume {folder.path}")
        raise typer.Exit(130) from None


def _carry_out(system: "System", settings: Any, context: "RunContext", new: bool) -> dict[str, Any]:
    """Run what has not finished; what is refused leaves no folder that is in the way."""
    from ..systems import carry_out, read_metrics, withdraw

    if context.folder.metrics.exists():
        return read_metrics(context.folder)
    try:
        return carry_out(system, settings, context)
    except Exception:
        if new:
            withdraw(context.folder)
        raise


def _unchecked(system: "System", summary: dict[str, Any]) -> list["Claim"]:
    checked = {row["claim"] for row in summary["claims"]}
    return [claim for claim in system.claims_for(quick=True) if claim.name not in checked]


def _is_complete(system: "System", folder: "RunFolder", check: bool) -> bool:
    from ..systems import read_metrics

    return folder.metrics.exists() and not (check and _unchecked(system, read_metrics(folder)))


def _check(system: "System", folder: "RunFolder", summary: dict[str, Any]) -> dict[str, Any]:
    """Check the claims that are not yet checked, storing each, so that none is lost."""
    from ..systems import check_claim, record_claims

    for claim in _unchecked(system, summary):
        say(f"Checking: {claim.statement}")
        row = check_claim(system, claim, quick=True, progress=lambda text: say(f"  {text}"))
        summary = record_claims(folder, [*summary["claims"], row])
    return summary


def _draw(folder: "RunFolder") -> Path | None:
    from ..report import write_report

    if importlib.util.find_spec("matplotlib") is None:
        say(
            "No report: it needs matplotlib. Install it with `pip install 'neuropil[report]'`, "
            f"then run `neuropil report {folder.path}`."
        )
        return None
    return write_report(folder.path)


def _tell(summary: dict[str, Any], report: Path | None) -> None:
    from ..report import shown, spoken

    for key, value in summary["metrics"].items():
        print(f"  {spoken(key):32} {shown(key, value)}")
    if summary["claims"]:
        print_claims(summary["claims"])
    print(f"Report: {report}" if report else "No report", f"({summary['wall_s']:.1f} s)")
