"""What goes to stdout: tables for people, or pure JSON. All else goes to stderr."""

import contextlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


def print_json(content: Any) -> None:
    """Print strict JSON."""
    from ..systems import plain

    print(json.dumps(plain(content), indent=2, allow_nan=False))


@contextlib.contextmanager
def only_json(as_json: bool) -> Iterator[None]:
    """Keep stdout for JSON: whatever is printed meanwhile goes to stderr."""
    if not as_json:
        yield
        return
    with contextlib.redirect_stdout(sys.stderr):
        yield


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a table of plain text; a cell that is a rich `Text` keeps its style."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(str(cell)) for cell in row))
    Console().print(table)


def mark(good: bool, yes: str = "yes", no: str = "no") -> Any:
    """A word in green or red."""
    from rich.text import Text

    return Text(yes, "green") if good else Text(no, "bold red")


def print_claims(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print checked claims, those that are not as declared in red."""
    from ..report import number

    print_table(
        "Claims and their ablations",
        ("claim", "measured", "bound", "holds", "ablation", "bites"),
        [
            (
                f"{row['system']}: {row['claim']}",
                number(row["measured"]),
                row["bound"],
                mark(row["holds"]),
                f"{number(row['ablation']['measured'])} ({row['ablation']['name']})",
                mark(_bites(row)) if row["holds"] else "-",
            )
            for row in rows
        ],
    )


def _bites(row: Mapping[str, Any]) -> bool:
    from ..systems import as_declared

    return as_declared({**row, "holds": True})


def say(text: str) -> None:
    """Tell a person something, apart from the output proper."""
    from rich.console import Console

    Console(stderr=True, highlight=False).print(text, soft_wrap=True, markup=False)
