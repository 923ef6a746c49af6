import csv
import math
from pathlib import Path

import numpy as np

from ..numerics import as_shape, as_time_step, fail
from ._from_edges import from_edges


def read_edges(
    path, source, target, *, pre="pre", post="post", weight="weight", delay=None, dt=None
):
    """Return the connectivity of a table of edges with a head, and its weights.

    Columns are parted by tabs if there is one in the head, else by commas. Edges may come in any
    order; several between the same two neurons stay several synapses, whose deliveries add up
    (:func:`merge_duplicates` sums them).

    **Arguments:** `path`, of a text file; `source`, `target`, shapes of the two ends; `pre` and
    `post`, the columns of the two neurons, counted from 0; `weight`, the column of weights, None
    for 1 everywhere; `delay`, the column of delays in ms, None for no delay, which are whole ticks
    of `dt` ms.

    **Raises:** `NeuropilError`, which names the line, for what is no number, neurons out of range,
    delays that are negative or no whole ticks; and for columns that are not there.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "edges.csv")
    ...     _ = path.write_text("pre,post,weight,delay\\n1,2,0.5,1.5\\n0,1,0.25,0.5\\n")
    ...     sparse, weight = read_edges(path, 2, 3, delay="delay", dt=0.5)
    >>> sparse.targets.tolist(), sparse.ticks.tolist(), weight.tolist()
    ([1, 2], [1, 3], [0.25, 0.5])
    """
    columns = _as_columns(pre, post, weight, delay)
    sizes = [math.prod(as_shape(*end)) for end in ((source, "source"), (target, "target"))]
    if delay is not None:
        dt = as_time_step(dt)
    elif dt is not None:
        fail("dt", dt, "None where no column of delays is read", "name the column, delay='delay'")
    parse = {
        "pre": lambda text: _neuron(text, sizes[0]),
        "post": lambda text: _neuron(text, sizes[1]),
        "weight": _number,
        "delay": lambda text: _ticks(text, dt),
    }
    read = _read(path, columns, {name: parse[name] for name in columns})
    return from_edges(
        source,
        target,
        np.array(read["pre"]),
        np.array(read["post"]),
        weight=np.array(read["weight"]) if weight is not None else 1.0,
        ticks=np.array(read["delay"]) if delay is not None else 0,
    )


def _as_columns(pre, post, weight, delay):
    columns = {"pre": pre, "post": post, "weight": weight, "delay": delay}
    for name, column in columns.items():
        is_left_out = column is None and name in ("weight", "delay")
        if not is_left_out and (not isinstance(column, str) or not column):
            fail(name, column, "the name of a column", f"pass e.g. {name}='{name}'")
    return {name: column for name, column in columns.items() if column is not None}


def _read(path, columns, parse):
    if not isinstance(path, str | Path) or not Path(path).is_file():
        fail("path", path, "a file with a table of edges", "pass where it is")
    read = {name: [] for name in columns}
    with open(path, newline="", encoding="utf-8-sig", errors="replace") as file:
        head = file.readline().rstrip("\r\n")
        separator = "\t" if "\t" in head else ","
        names = [name.strip() for name in next(csv.reader([head], delimiter=separator), [])]
        for name, column in columns.items():
            if names.count(column) != 1:
                expected = f"a column that {path} has once, of {names}"
                fail(name, column, expected, f"pass {name}= its name in the head")
        places = [(read[name], parse[name], names.index(columns[name])) for name in columns]
        rows = csv.reader(file, delimiter=separator)
        for row in rows:
            if row:
                _take(row, places, names, f"path: line {rows.line_num + 1}")
    if not read["pre"]:
        fail("path", f"{path}, without edges", "at least one edge", "leave the projection out")
    return read


def _take(row, places, names, line):
    if len(row) != len(names):
        expected = f"{len(names)}, as the head has"
        fail(line, f"{len(row)} columns", expected, "complete the line")
    for values, parse, place in places:
        value, expected = parse(row[place].strip())
        if value is None:
            got = f"{names[place]} = {row[place].strip()!r}"
            fail(line, got, expected, "correct it")
        values.append(value)


def _neuron(text, size):
    value = int(text) if text.isdecimal() and len(text) < 19 else -1
    return value if 0 <= value < size else None, f"a neuron from 0 to {size - 1}"


def _number(text):
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    return value if math.isfinite(value) else None, "a finite number"


def _ticks(text, dt):
    delay = _number(text)[0]
    expected = f"a delay in ms that is a whole number of ticks of {dt} ms"
    ticks = -1 if delay is None or abs(delay / dt) >= 2**31 else round(delay / dt)
    is_whole = ticks >= 0 and abs(ticks * dt - delay) <= 1e-6 * max(dt, delay)
    return ticks if is_whole else None, expected
