import contextlib
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import typer

from ._output import AsJson, only_json, print_claims, print_json, say


def verify(
    names: Annotated[list[str], typer.Argument(help="Systems' names.", metavar="NAME...")],
    quick: Annotated[
        bool, typer.Option("--quick", help="A small form, some 20 s a system once compiled.")
    ] = False,
    seeds: Annotated[
        int | None, typer.Option(help="How many seeds, in place of the declared number.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check every claim of the systems, and that its ablation breaks it."""
    from ..systems import as_declared, check_claim, fail, load_system
    from ..tasks import DataNotFound

    claims = [
        (system, claim)
        for system in [load_system(name) for name in dict.fromkeys(names)]
        for claim in system.claims_for(quick)
    ]
    if not claims:
        fail("--quick", "systems without a quick form", "a claim to check", "leave out --quick")
    rows: list[dict[str, Any]] = []
    missing: dict[str, str] = {}
    try:
        with only_json(as_json):
            for place, (system, claim) in enumerate(claims, start=1):
                with _progress(f"{system.name}, claim {place} of {len(claims)}") as tell:
                    tell(claim.name)
                    try:
                        row = check_claim(system, claim, quick=quick, seeds=seeds, progress=tell)
                        rows.append(row)
                    except DataNotFound as error:
                        missing[f"{system.name}: {claim.name}"] = str(error)
    except KeyboardInterrupt:
        say(f"\nStopped after {len(rows)} of {len(claims)} claims; nothing was kept.")
        raise typer.Exit(130) from None
    good = all(as_declared(row) for row in rows) and not missing
    if as_json:
        print_json({"claims": rows, "missing": missing, "quick": quick, "as_declared": good})
    elif rows:
        print_claims(rows)
    for why in dict.fromkeys(missing.values()):
        names_of = [name for name, text in missing.items() if text == why]
        say(f"Not checked: {', '.join(names_of)}. {why}")
    raise typer.Exit(2 if missing else 0 if good else 1)


@contextlib.contextmanager
def _progress(title: str) -> Iterator[Callable[[str], None]]:
    """On a terminal a line that changes; elsewhere one line after the other."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield lambda text: say(f"{title}: {text}")
        return
    with console.status(title) as status:
        yield lambda text: status.update(f"{title}: {text}")
