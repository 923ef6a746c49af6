"""Where a run stands, in a file."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

from ..numerics import as_instance, as_path, fail, filled, named_arrays, read_arrays, write_arrays
from ._node import Node
from ._simulate import RunState

_KIND, _STATE = "state", "state"


def save_state(path: str | Path, state: RunState) -> None:
    """Write where a run stands, to be carried on in another process.

    The file is written under a temporary name, then moved: a reader sees the old or the new one.
    Parameters are not in it.

    **Arguments:** `path`, by custom ending in `.safetensors`; `state`, as `simulate` returned it.

    **Raises:** `NeuropilError` unless given a path and a state; `OSError` where the file cannot be
    written.

    >>> import tempfile
    >>> import jax.numpy as jnp
    >>> from neuropil.cells import lif
    >>> from neuropil.core import simulate
    >>> state, _ = simulate(lif(3), jnp.ones((10, 3)), dt=1.0, key=jax.random.key(0))
    >>> path = Path(tempfile.mkdtemp()) / "state.safetensors"
    >>> save_state(path, state)
    >>> int(load_state(path, lif(3)).tick)
    10
    """
    as_instance(state, "state", RunState, "the state that simulate returned")
    write_state(as_path(path), state, {})


def load_state(path: str | Path, node: Node) -> RunState:
    """Return a state written by `save_state`: given it, `simulate` goes on where it stopped.

    **Arguments:** `path`; `node`, the node of the run: its parts and sizes are compared with those
    of the file, its parameters cannot be.

    **Raises:** `NeuropilError` for a file that is missing, damaged, of another program or of
    another node.
    """
    return read_state(as_path(path), as_instance(node, "node", Node, "a Node"))[0]


def write_state(path: Path, state: RunState, about: dict[str, Any]) -> None:
    """Write a state and what is said about it."""
    write_arrays(path, named_arrays(_STATE, state), {"kind": _KIND, **about})


def read_state(path: Path, node: Node) -> tuple[RunState, dict[str, Any]]:
    """Return a state of a node and what is said about it."""
    arrays, about = read_arrays(path)
    if about.get("kind") != _KIND:
        fix = "give the file that save_state wrote"
        fail(str(path), f"a file of kind {about.get('kind')!r}", "the state of a run", fix)

    rest = jax.tree.map(jnp.asarray, node.init(key=jax.random.key(0)))
    lead = _samples(rest, arrays)
    like = jax.tree.map(lambda x: jnp.broadcast_to(x, (*lead, *x.shape)), rest) if lead else rest
    return filled(_STATE, RunState(like, jnp.zeros((), jnp.int32)), arrays, path), about


def _samples(rest, arrays):
    """Return the axis of samples that arrays have in front of what one sample has, or no axis."""
    own = named_arrays(_STATE, RunState(rest, ()))
    known = [(arrays[name].shape, x.ndim) for name, x in own.items() if name in arrays]
    leads = {shape[:1] for shape, rank in known if len(shape) == rank + 1}
    return leads.pop() if len(leads) == 1 else ()
