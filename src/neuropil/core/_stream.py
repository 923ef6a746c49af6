"""A run that goes to disk: what it is, and how its folder is begun and taken up again."""

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ..numerics import fail, named_arrays, write_bytes
from ._columns import HEADER, Columns, Form
from ._inputs import inputs_over_time
from ._memory import in_words
from ._node import Node
from ._record import Record
from ._recording import ABOUT, SCHEMA, STATE, file_of, read_about
from ._saved_state import read_state, write_state
from ._simulate import RunState, rest, simulate

LAST_TICK = 2**31


class Stream(NamedTuple):
    """The arguments of a run, of so many ticks in pieces of so many."""

    folder: Path
    node: Node
    inputs: Any
    dt: float
    key: Any
    record: dict[str, Record]
    ticks: int
    piece: int

    def inputs_of(self, first: int, done: int) -> tuple[Any, int]:
        """Return the inputs of the next piece, and how many ticks it has."""
        count = min(self.piece, self.ticks - done)
        if callable(self.inputs):
            found = self.inputs(first + done, count)
        elif isinstance(self.inputs, Mapping):
            found = {port: x[done : done + count] for port, x in self.inputs.items()}
        else:
            found = None if self.inputs is None else self.inputs[done : done + count]
        if found is None:
            return None, count
        _, length, _ = inputs_over_time(self.node, found)
        if length != count:
            fix = "return what inputs(first, count) asks for"
            fail("inputs", f"{length} ticks", f"{count}, from tick {first + done} on", fix)
        return found, count

    def options(self, state: RunState, count: int) -> dict[str, Any]:
        """Return the options of `simulate` for a piece."""
        return {
            "dt": self.dt,
            "key": self.key,
            "state": state,
            "record": self.record,
            "output": None,
            "ticks": count,
        }


def begin(run: Stream, state: RunState | None, first: int) -> tuple[dict[str, Any], RunState, int]:
    """Write an empty recording; return what it says of itself, and where the run begins."""
    if first + run.ticks > LAST_TICK:
        fail("ticks", run.ticks, f"ticks of an index below {LAST_TICK}", "run for a shorter time")
    inputs, count = run.inputs_of(first, 0)
    if state is None:
        batch = None if inputs is None else inputs_over_time(run.node, inputs)[2]
        state = RunState(rest(run.node, run.key, batch), jnp.zeros((), jnp.int32))

    def kept(inputs, state):
        return simulate(run.node, inputs, **run.options(state, count))[1].kept

    given = None if inputs is None else jax.tree.map(jnp.asarray, inputs)
    shapes = jax.eval_shape(kept, given, state)
    forms = {
        name: Form(np.dtype(shapes[name].dtype), shapes[name].shape[1:], wish.every)
        for name, wish in run.record.items()
    }
    about = {**_identity(run, first), "records": _records(run, forms)}
    run.folder.mkdir(parents=True, exist_ok=True)
    _check_disk(run, forms)
    with closing(columns(run, forms, 0)):
        save(run, state, 0)
    write_bytes(run.folder / ABOUT, json.dumps(about, indent=1).encode())
    return about, state, 0


def take_up(run: Stream, first: int) -> tuple[dict[str, Any], RunState, int]:
    """Return what the recording in the folder says of itself, and where its run goes on."""
    about = read_about(run.folder)
    state, said = read_state(run.folder / STATE, run.node)
    wanted = _identity(run, first)
    records = {
        name: {"path": w.path, "every": w.every, "encode": _name(w.encode)}
        for name, w in run.record.items()
    }
    found = {
        name: {part: of[part] for part in ("path", "every", "encode")}
        for name, of in about["records"].items()
    }
    differ = [name for name, value in wanted.items() if about.get(name) != value]
    differ += [] if found == records else ["records"]
    if differ:
        got = {**about, "records": found}
        want = {**wanted, "records": records}
        fail(
            "folder",
            f"{run.folder}, of a run with { ({name: got.get(name) for name in differ}) }",
            f"the run of these arguments, { ({name: want[name] for name in differ}) }",
            "resume with the arguments it was begun with, or give another folder",
        )
    return about, state, said["done"]


def _identity(run: Stream, first: int) -> dict[str, Any]:
    """Return what has to be the same for a run to go on."""
    arrays, rest_of_it = eqx.partition(run.node, eqx.is_array)
    key = named_arrays("key", run.key)["key"]
    return {
        "kind": "recording",
        "schema": SCHEMA,
        "dt": run.dt,
        "first": first,
        "ticks": run.ticks,
        "piece": run.piece,
        "key": key.tolist(),
        "parameters": _digest("node", arrays),
        "structure": hashlib.sha256(_written(rest_of_it).encode()).hexdigest(),
        "inputs": None if callable(run.inputs) else _digest("inputs", run.inputs),
    }


def _digest(name: str, arrays: Any) -> str:
    """Return a hash of all arrays of a tree."""
    digest = hashlib.sha256()
    for place, array in named_arrays(name, arrays).items():
        digest.update(f"{place} {array.dtype} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _written(tree: Any) -> str:
    """Return what a tree is made of, without the addresses of functions."""
    return re.sub(r" at 0x[0-9a-f]+", "", f"{jax.tree.structure(tree)} {jax.tree.leaves(tree)}")


def _records(run: Stream, forms: dict[str, Form]) -> dict[str, Any]:
    return {
        name: {
            "file": file_of(run.folder, name).name,
            "path": wish.path,
            "every": wish.every,
            "encode": _name(wish.encode),
            "dtype": forms[name].dtype.name,
            "shape": list(forms[name].shape),
        }
        for name, wish in run.record.items()
    }


def _name(function: Callable) -> str:
    """Return a name of a function, or what an object of data says of itself."""
    if is_dataclass(function):
        return repr(function)
    return getattr(function, "__qualname__", type(function).__qualname__)


def _check_disk(run: Stream, forms: dict[str, Form]) -> None:
    """Refuse a recording that is larger than what the disk has left."""
    sizes = {name: HEADER + form.rows(run.ticks) * form.size for name, form in forms.items()}
    total, free = sum(sizes.values()), shutil.disk_usage(run.folder).free
    if total > free:
        name = max(sizes, key=sizes.__getitem__)
        got = f"{in_words(sizes[name])} of {in_words(total)} for all records"
        expected = f"at most {in_words(free)}, what is free on the disk of {run.folder}"
        fix = "thin (every=10), average, choose neurons or pack spikes, or give another folder"
        fail(f"record[{name!r}]", got, expected, fix)


def columns(run: Stream, forms: dict[str, Form], ticks: int) -> Columns:
    return Columns({name: (file_of(run.folder, name), form) for name, form in forms.items()}, ticks)


def save(run: Stream, state: RunState, done: int) -> None:
    write_state(run.folder / STATE, state, {"done": done})
