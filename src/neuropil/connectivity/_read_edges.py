import math

import numpy as np

from ..numerics import as_shape, as_time_step, fail
from ._assembly import as_progress
from ._edge_fields import Delays, Named, Numbered, Weights
from ._edge_table import EdgeTable
from ._from_edges import from_edges


def read_edges(
    path,
    source,
    target,
    *,
    pre="pre",
    post="post",
    weight="weight",
    delay=None,
    dt=None,
    names=None,
    progress=None,
):
    """Return the connectivity of a table of edges with a head, and its weights.

    Columns are parted by tabs if there is one in the head, else by commas. Edges may come in any
    order; several between the same two neurons stay several synapses, whose deliveries add up
    (:func:`merge_duplicates` sums them). The file is read in blocks.

    **Arguments:** `path`, of a text file; `source`, `target`, shapes of the two ends; `pre` and
    `post`, the columns of the two neurons, counted from 0; `weight`, the column of weights, None
    for 1 everywhere; `delay`, the column of delays in ms, None for no delay, which are whole ticks
    of `dt` ms; `names`, of the neurons in their order, where columns hold names: a list for both
    ends, or `{"pre": names, "post": names}`, None for numbers; `progress`, as for
    :func:`fixed_probability`, of the bytes of the file, and then of edges.

    **Raises:** `NeuropilError`, which names the line, for what is no number, neurons out of range
    or of no known name, delays that are negative or no whole ticks; and for columns that are not
    there.

    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "edges.csv")
    ...     _ = path.write_text("pre,post,weight,delay\\nASHR,AVAR,0.5,1.5\\nASHL,AVAL,0.25,0.5\\n")
    ...     names = {"pre": ["ASHL", "ASHR"], "post": ["AVAL", "AVAR", "AVBL"]}
    ...     sparse, weight = read_edges(path, 2, 3, delay="delay", dt=0.5, names=names)
    >>> sparse.targets.tolist(), sparse.ticks.tolist(), weight.tolist()
    ([0, 1], [1, 3], [0.25, 0.5])
    """
    columns = _as_columns(pre, post, weight, delay)
    shapes = {"pre": as_shape(source, "source"), "post": as_shape(target, "target")}
    if delay is not None:
        dt = as_time_step(dt)
    elif dt is not None:
        fail("dt", dt, "None where no column of delays is read", "name the column, delay='delay'")
    fields = _fields({end: math.prod(shape) for end, shape in shapes.items()}, names)
    fields |= {"weight": Weights(), "delay": Delays(dt)}
    table = EdgeTable(path, columns, {name: fields[name] for name in columns})
    read = table.read(as_progress(progress))
    return from_edges(
        source,
        target,
        read["pre"],
        read["post"],
        weight=read.get("weight", 1.0),
        ticks=read.get("delay", 0),
        progress=progress,
    )


def _as_columns(pre, post, weight, delay):
    columns = {"pre": pre, "post": post, "weight": weight, "delay": delay}
    for name, column in columns.items():
        is_left_out = column is None and name in ("weight", "delay")
        if not is_left_out and (not isinstance(column, str) or not column):
            fail(name, column, "the name of a column", f"pass e.g. {name}='{name}'")
    return {name: column for name, column in columns.items() if column is not None}


def _fields(sizes, names):
    if names is None:
        return {end: Numbered(size) for end, size in sizes.items()}
    if not isinstance(names, dict):
        names = {"pre": names, "post": names}
    elif set(names) != {"pre", "post"}:
        fail("names", names, "lists of 'pre' and of 'post'", "pass both, or one list for both")
    fields = {}
    for end, known in names.items():
        is_list = isinstance(known, list | tuple | np.ndarray)
        known = list(known) if is_list else []
        size, texts = sizes[end], all(isinstance(name, str) and name.strip() for name in known)
        if not texts or len({name.strip() for name in known}) != len(known) or len(known) != size:
            expected = f"the {size} different names of the neurons that '{end}' may be"
            fail("names", f"{len(known)} entries" if known else names, expected, "list each once")
        fields[end] = Named(known)
    return fields
