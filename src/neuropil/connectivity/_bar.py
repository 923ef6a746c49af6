"""A bar on the terminal that tells how much of a connectivity is built."""

import time
from collections.abc import Callable

PAUSE = 0.1  # seconds between two bars that are drawn


def bar() -> Callable[[int, int], object]:
    """Return a function that is told what is done, of how much; silent where is no terminal.

    Each bar is written over the one before, and the last is wiped away: what is built may end in an
    error, and then there is nothing to be put in order again.
    """
    from rich.console import Console
    from rich.control import Control
    from rich.progress_bar import ProgressBar
    from rich.segment import ControlType
    from rich.table import Table

    console = Console(stderr=True)
    if not console.is_terminal:
        return lambda done, total: None
    drawn = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal drawn
        now = time.monotonic()
        if done < total and now - drawn < PAUSE:
            return
        if done < total:
            row = Table.grid(padding=(0, 1))
            row.add_row("synapses", ProgressBar(total, done, width=40), f"{done / total:4.0%}")
            console.print(row)
            console.control(Control.move(0, -1))
            drawn = now
        elif drawn:
            console.control(Control((ControlType.ERASE_IN_LINE, 2)))

    return tell
