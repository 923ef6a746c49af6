"""The commands together, and what a person sees when something is wrong."""

import sys

import typer

from ._compare import compare
from ._doctor import doctor
from ._report import report
from ._run import run
from ._systems import systems
from ._verify import verify

app = typer.Typer(
    name="neuropil",
    help="Brain-inspired computing: published systems, the claims they must reproduce, reports.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for command in (systems, run, verify, report, compare, doctor):
    app.command()(command)


def main() -> None:
    """Run the command line.

    Exit status: 0 fine; 1 a claim fails, an ablation does not bite or training diverged; 2 bad
    usage or input (with a message and no traceback); 130 stopped by Ctrl-C.
    """
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        from ..systems import RunError, is_refusal

        failed = isinstance(error, RunError)
        if not failed and not is_refusal(error):
            raise
        print(f"neuropil: {error}", file=sys.stderr)
        sys.exit(1 if failed else 2)
