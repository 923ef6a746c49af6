import importlib.util
from pathlib import Path
from typing import Annotated, Any

import typer

from ._output import AsJson, mark, print_json, print_table, say


def compare(
    folders: Annotated[list[Path], typer.Argument(help="Two or more runs.", metavar="RUN RUN...")],
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("compare.html"),
    as_json: AsJson = False,
) -> None:
    """Put runs side by side: a table, and a page with their curves."""
    from ..report import compare_runs, write_comparison

    found = compare_runs(folders)
    page = None
    if importlib.util.find_spec("matplotlib") is None:
        say("No page: it needs matplotlib. Install it with `pip install 'neuropil[report]'`.")
    else:
        page = write_comparison(folders, out)
    if as_json:
        print_json({**found, "page": page})
        return
    for kind, title in (("asked", "Asked for"), ("metrics", "Came out"), ("claims", "Claims")):
        if found[kind]:
            rows = [
                (key, *(_cell(kind, key, value) for value in values))
                for key, values in found[kind].items()
            ]
            print_table(title, ("", *found["runs"]), rows)
    if page:
        print(page)


def _cell(kind: str, key: str, value: Any) -> Any:
    from ..report import shown

    if value is None:
        return ""
    if kind == "claims":
        return mark(value, "as declared", "fails")
    return shown(key if kind == "metrics" else "", value)
