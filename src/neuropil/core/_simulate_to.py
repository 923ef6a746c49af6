"""Long runs: what is kept goes to disk piece by piece, in memory for one piece."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Array

from ..numerics import (
    as_count,
    as_flag,
    as_instance,
    as_keys,
    as_path,
    as_time_step,
    fail,
    interruptible,
)
from ._inputs import inputs_over_time
from ._node import Node
from ._record import Record, check_records
from ._recording import ABOUT, Recording, forms_of, open_recording
from ._simulate import RunState, simulate
from ._stream import Stream, begin, columns, save, take_up

Inputs = Array | np.ndarray | Mapping[str, Any] | None
SAVE_EVERY = 1.0  # seconds between two states on disk, at least
LONGEST_PIECE = 2**24


def simulate_to(
    folder: str | Path,
    node: Node,
    inputs: Inputs | Callable[[int, int], Inputs],
    *,
    dt: float,
    key,
    record: dict[str, Record],
    ticks: int | None = None,
    state: RunState | None = None,
    piece: int = 10_000,
    resume: bool = False,
    show: bool = True,
) -> tuple[RunState, Recording]:
    """Run a node over time as `simulate` does, keeping records on disk and not in memory.

    Memory is that of one piece, however long the run is. Every record is a plain `.npy` file of the
    folder, which `open_recording` or `numpy.load(file, mmap_mode="r")` reads at any time, also
    while the run goes on. A run that is interrupted (Ctrl-C), killed, or stopped by a full disk
    leaves all complete pieces; given the same arguments and `resume`, it goes on from the state in
    the folder and ends bit for bit like one that was not.

    **Arguments:**

    - `folder`: where to write; it is made if need be.
    - `node`, `dt`, `key`, `record`: as for `simulate`; the output is kept if `record` says so.
    - `inputs`: as for `simulate`, where a memory-mapped array is read piece by piece; or a function
      `inputs(first, count)` that returns those of `count` ticks from the tick of index `first` on,
      the same whenever it is asked; or None.
    - `ticks`: how long to run; None for the length of the inputs.
    - `state`: where to begin, as for `simulate`.
    - `piece`: ticks that are computed and written at once; rounded up to a multiple of every
      record's `every`. A multiple of it for `ticks` compiles once instead of twice.
    - `resume`: go on with the run in the folder if there is one, else begin it. Without, a folder
      that holds a recording is refused. Whether `inputs` that are a function are the same as before
      is not found out.
    - `show`: draw a progress bar, where there is a terminal.

    **Returns:** the state after the last tick, and the recording.

    **Raises:** `NeuropilError` as `simulate` does; for a recording that would not fit on the disk;
    for a folder that holds one, of another run if `resume` is set. `OSError` where it cannot be
    written, which says what was kept. `KeyboardInterrupt` at Ctrl-C, after the piece at hand.

    >>> import tempfile
    >>> import jax
    >>> import jax.numpy as jnp
    >>> from neuropil.cells import lif
    >>> def current(first, count):
    ...     return 1.5 * jnp.ones((count, 3))
    >>> state, recording = simulate_to(
    ...     tempfile.mkdtemp(), lif(3), current, dt=0.1, key=jax.random.key(0), ticks=25_000,
    ...     record={"v": Record("v", every=100)},
    ... )
    >>> int(state.tick), recording.kept["v"].shape
    (25000, (250, 3))
    """
    folder = as_path(folder, "folder")
    as_instance(node, "node", Node, "a Node")
    dt, key = as_time_step(dt), as_keys(key)
    resume, show = as_flag(resume, "resume"), as_flag(show, "show")
    if not check_records(record):
        fail("record", record, "what to keep, by name", "pass e.g. record={'v': Record('exc.v')}")
    size = _grid(as_count(piece, "piece"), record)
    if callable(inputs):
        ticks = as_count(ticks, "ticks")
    elif inputs is None:
        _, ticks, _ = inputs_over_time(node, None, ticks)
    else:
        ticks = _length(inputs, ticks)
    run = Stream(folder, node, inputs, dt, key, record, ticks, size)
    begun = (folder / ABOUT).exists()
    if begun and not resume:
        fix = "pass resume=True to go on with it, or give another folder"
        fail("folder", f"{folder}, which holds a recording", "a folder without one", fix)
    first = 0 if state is None else _index(state)
    with _told(run, 0):
        about, state, done = take_up(run, first) if begun else begin(run, state, first)
    return _carry_on(run, about, state, done, show), open_recording(folder)


def _grid(piece: int, record: dict[str, Record]) -> int:
    """Return the ticks of a piece, so that all records have whole entries in it."""
    common = math.lcm(*(wish.every for wish in record.values()))
    size = -(-piece // common) * common
    if size > LONGEST_PIECE:
        every = sorted({wish.every for wish in record.values()})
        fix = "let the `every` of records divide each other, and take smaller pieces"
        fail("piece", f"{size} ticks for records every {every}", f"at most {LONGEST_PIECE}", fix)
    return size


def _length(inputs: Any, ticks: int | None) -> int:
    """Return the number of ticks of inputs that are there already, which may be mapped."""
    arrays = list(inputs.values()) if isinstance(inputs, Mapping) else [inputs]
    lengths = {np.shape(x)[:1] for x in arrays}
    if len(lengths) != 1 or lengths & {(), (0,)}:
        expected = "one or more arrays over the same ticks, a function, or None"
        fail("inputs", f"time axes {sorted(lengths)}", expected, "put time first")
    ((length,),) = lengths
    if ticks is not None and ticks != length:
        fail("ticks", ticks, f"{length}, the length of the inputs", "leave ticks out")
    return length


def _index(state: Any) -> int:
    return int(as_instance(state, "state", RunState, "the state that simulate returned").tick)


@contextmanager
def _told(run: Stream, done: int) -> Iterator[None]:
    """Say of a full disk, and whatever else keeps from writing, what is kept all the same."""
    try:
        yield
    except OSError as error:
        kept = f"{done} of {run.ticks} ticks are kept in {run.folder}"
        told = f"{error.strerror or error}; {kept}. Make room, then go on with resume=True"
        raise OSError(error.errno, told) from error


def _carry_on(
    run: Stream, about: dict[str, Any], state: RunState, done: int, show: bool
) -> RunState:
    """Run piece after piece, and write what is kept."""
    with _told(run, done):
        files = columns(run, forms_of(about), done)
    with closing(files), _bar(run.ticks, done, show) as tell, interruptible() as is_interrupted:
        saved = time.monotonic()
        while done < run.ticks and not is_interrupted():
            inputs, count = run.inputs_of(about["first"], done)
            state, records = simulate(run.node, inputs, **run.options(state, count))
            kept = {name: np.asarray(values) for name, values in records.kept.items()}
            with _told(run, done):
                files.append(kept, done, done + count)
            done += count
            tell(done)
            is_due = time.monotonic() - saved > SAVE_EVERY
            if is_due or done == run.ticks or is_interrupted():
                with _told(run, done):
                    files.sync()
                    save(run, state, done)
                saved = time.monotonic()
        if is_interrupted():
            raise KeyboardInterrupt(f"{done} of {run.ticks} ticks are kept in {run.folder}")
    return state


@contextmanager
def _bar(ticks: int, done: int, show: bool) -> Iterator[Callable[[int], None]]:
    """Give a function that is told how many ticks are done; it draws a bar on a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    if not show or not console.is_terminal:
        yield lambda done: None
        return
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("simulating", total=ticks, completed=done)
        yield lambda done: progress.update(task, completed=done)
