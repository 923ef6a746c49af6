from typing import Annotated

import typer

from ._output import AsJson, print_json, print_table, say


def verify(
    names: Annotated[list[str], typer.Argument(help="Systems' names.", metavar="NAME...")],
    quick: Annotated[
        bool, typer.Option("--quick", help="A small form, under 20 s a system.")
    ] = False,
    seeds: Annotated[int | None, typer.Option(help="Seeds for every claim.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check every claim of the systems, and that its ablation breaks it."""
    from ..systems import as_declared, check_claim, load_system

    found = [load_system(name) for name in names]
    rows = []
    for system in found:
        for claim in system.claims_for(quick):
            say(f"{system.name}: {claim.statement}")
            row = check_claim(
                system, claim, quick=quick, seeds=seeds, progress=lambda text: say(f"  {text}")
            )
            rows.append(row)
    good = all(as_declared(row) for row in rows)
    if as_json:
        print_json({"claims": rows, "as_declared": good})
    else:
        print_table(
            "Claims and their ablations",
            ("system", "claim", "measured", "bound", "holds", "ablation", "s"),
            [_cells(row) for row in rows],
        )
    raise typer.Exit(0 if good else 1)


def _cells(row):
    ablation = row["ablation"]
    holds = "[green]yes[/]" if row["holds"] else "[bold red]no[/]"
    bites = "[bold red]does not bite[/]" if ablation["holds"] else "[green]breaks it[/]"
    return (
        row["system"],
        row["claim"],
        f"{row['measured']:.3f}",
        row["bound"],
        holds,
        f"{ablation['name']}: {ablation['measured']:.3f}, {bites}",
        f"{row['wall_s']:.0f}",
    )
