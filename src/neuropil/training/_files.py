"""The parameters of a node in a file."""

from pathlib import Path

import equinox as eqx

from ..core import Node
from ..numerics import as_instance, as_path, filled, named_arrays, read_arrays, write_arrays

_NODE = "node"


def save(path: str | Path, node: Node) -> None:
    """Write the parameters of a node; its state is never in the file.

    The file is written under a temporary name, then moved: a reader sees the old or the new one.

    **Arguments:** `path`, by custom ending in `.safetensors`; `node`.

    **Raises:** `NeuropilError` unless given a path and a Node; `OSError` where the file cannot be
    written.

    >>> import tempfile
    >>> from neuropil.cells import lif
    >>> path = Path(tempfile.mkdtemp()) / "cells.safetensors"
    >>> save(path, lif(3, tau=7.0))
    >>> float(load(path, like=lif(3)).cell.tau)
    7.0
    """
    as_instance(node, "node", Node, "a Node")
    path = as_path(path)
    write_arrays(path, named_arrays(_NODE, eqx.filter(node, eqx.is_array)), {"kind": "node"})


def load(path: str | Path, like: Node) -> Node:
    """Return a node with the parameters of a file written by `save`, or of a checkpoint.

    **Arguments:** `path`; `like`, a node of the same structure and shapes.

    **Raises:** `NeuropilError` for a file that is missing, damaged, of another program or schema,
    or whose arrays do not fit `like`.
    """
    as_instance(like, "like", Node, "a Node")
    path = as_path(path)
    arrays, _ = read_arrays(path)
    params, rest = eqx.partition(like, eqx.is_array)
    return eqx.combine(filled(_NODE, params, arrays, path), rest)
