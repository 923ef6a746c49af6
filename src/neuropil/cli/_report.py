from pathlib import Path
from typing import Annotated

import typer

from ._output import AsJson, print_json


def report(
    folder: Annotated[Path, typer.Argument(help="The folder of a run.", metavar="RUN")],
    as_json: AsJson = False,
) -> None:
    """Draw the report of a run again, from its folder alone."""
    from ..report import write_report

    path = write_report(folder)
    if as_json:
        print_json({"report": path})
    else:
        print(path)
