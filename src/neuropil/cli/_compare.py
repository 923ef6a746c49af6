from pathlib import Path
from typing import Annotated

import typer

from ._output import AsJson, print_json, print_table


def compare(
    folders: Annotated[list[Path], typer.Argument(help="Two or more runs.", metavar="RUN RUN...")],
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("compare.html"),
    as_json: AsJson = False,
) -> None:
    """Put runs side by side: a table, and a page with their curves."""
    from ..report import compare_runs, write_comparison
    from ..systems import fail

    if len(folders) < 2:
        fail("RUN", f"{len(folders)} run", "two or more", "name another run's folder")
    found = compare_runs(folders)
    page = write_comparison(folders, out)
    if as_json:
        print_json({**found, "page": page})
        return
    for kind in ("settings", "metrics"):
        rows = [
            (key, *("" if value is None else _shown(value) for value in values))
            for key, values in found.get(kind, {}).items()
        ]
        print_table(kind, ("", *found["runs"]), rows)
    print(page)


def _shown(value):
    return f"{value:.4g}" if isinstance(value, float) else value
