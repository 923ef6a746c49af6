"""A bar on the terminal that tells how many trials are done."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


def silent(done: int) -> None:
    """Show nothing."""


@contextmanager
def bar(trials: int, shown: bool) -> Iterator[Callable[[int], None]]:
    """Give a function that is told of trials that are done."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    if not shown or not console.is_terminal:
        yield silent
        return
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("trials", total=trials)
        yield lambda done: progress.update(task, advance=done)
