"""A progress bar that costs next to nothing."""

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ..numerics import fail
from ._evaluate import scores
from ._step import Totals

Show = Callable[[int, int, Totals], None]


@dataclass(frozen=True)
class ProgressBar:
    """Shows epoch, loss, metrics, firing rate and time left.

    Where there is no terminal, one plain line per epoch is written to standard error in its place.
    The bar is drawn at most once per `interval` and only then are numbers fetched from the device.

    **Arguments:** `interval`, in seconds; `console`, a `rich.console.Console`, the terminal by
    default, where there is one.

    **Raises:** `NeuropilError` unless `interval` is a positive number.

    >>> ProgressBar(interval=1.0).interval
    1.0
    """

    interval: float = 0.5
    console: Any = None

    def __post_init__(self):
        """Refuse nonsense."""
        good = isinstance(self.interval, int | float) and not isinstance(self.interval, bool)
        if not good or not 0 < self.interval < math.inf:
            fail("interval", self.interval, "a positive number of seconds", "pass e.g. 0.5")
        if self.console is not None and not hasattr(self.console, "is_terminal"):
            fail("console", self.console, "a rich console or None", "pass rich.console.Console()")

    @contextmanager
    def shown(self, epochs: int, steps: int) -> Iterator[Show]:
        """Give a function that is told the epoch, the step in it, and the totals of the epoch."""
        from rich.console import Console

        console = Console(stderr=True) if self.console is None else self.console
        if not console.is_terminal:
            yield _lines(console, epochs, steps)
            return
        with _bar(console) as bar:
            task = bar.add_task("", total=epochs * steps, words="", start=False)
            drawn = time.monotonic()

            def show(epoch, step, totals):
                nonlocal drawn
                now = time.monotonic()
                if now - drawn < self.interval and (epoch + 1, step) != (epochs, steps):
                    return
                drawn = now
                if not bar.tasks[0].started:
                    bar.start_task(task)
                bar.update(
                    task,
                    completed=epoch * steps + step,
                    description=f"epoch {epoch + 1}/{epochs}",
                    words=_words(totals),
                )
                bar.refresh()

            yield show


@contextmanager
def silent() -> Iterator[Show]:
    """Give a function that shows nothing."""
    yield ignore


def ignore(epoch: int, step: int, totals: Totals) -> None:
    """Show nothing."""


def _lines(console, epochs, steps):
    """Give a function that writes one plain line per epoch, for files and pipes."""
    began = time.monotonic()

    def show(epoch, step, totals):
        nonlocal began
        if step == steps:
            now = time.monotonic()
            line = f"epoch {epoch + 1}/{epochs}  {_words(totals)}  {now - began:.1f} s"
            console.print(line, highlight=False, markup=False, soft_wrap=True)
            began = now

    return show


def _bar(console):
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[words]}"),
        TimeRemainingColumn(),
        console=console,
        auto_refresh=False,
        redirect_stdout=sys.stdout.isatty(),  # what goes into a file or pipe is not ours to move
        redirect_stderr=sys.stderr.isatty(),
    )


def _words(totals):
    found = scores(totals)
    words = [f"{name} {value:.3g}" for name, value in found.values.items()]
    if found.rates:
        rate = sum(found.rates.values()) / len(found.rates)
        words.append(f"{rate:.2%} spikes per tick")
    return "  ".join(words)
