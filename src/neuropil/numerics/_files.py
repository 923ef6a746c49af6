"""Arrays in a safetensors file, with a header that says what they are and a hash of both."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ._errors import fail

SCHEMA = 1
_HEADER = "neuropil"


def as_path(value: Any, name: str = "path") -> Path:
    """Return the path of a file, refusing what is none."""
    if not isinstance(value, str | os.PathLike) or not str(value):
        fail(name, value, "the path of a file", f"pass e.g. {name}='node.safetensors'")
    return Path(value)


def named_arrays(name: str, tree: Any) -> dict[str, np.ndarray]:
    """Return the arrays of a tree by name and path, on the host."""
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    data = [jax.random.key_data(x) if _is_key(x) else x for _, x in leaves]
    names = [name + jax.tree_util.keystr(path) for path, _ in leaves]
    return {n: np.asarray(x) for n, x in zip(names, jax.device_get(data), strict=True)}


def filled(name: str, like: Any, arrays: Mapping[str, np.ndarray], path: Path) -> Any:
    """Return a tree like another, with arrays taken by name.

    **Raises:** `NeuropilError` when names, shapes or types differ.
    """
    shapes = jax.eval_shape(
        lambda tree: jax.tree.map(lambda x: jax.random.key_data(x) if _is_key(x) else x, tree), like
    )
    want = {
        name + jax.tree_util.keystr(p): (x.shape, np.dtype(x.dtype))
        for p, x in jax.tree_util.tree_leaves_with_path(shapes)
    }
    own = [key for key in arrays if key == name or key.startswith((f"{name}.", f"{name}["))]
    have = {key: (arrays[key].shape, arrays[key].dtype) for key in own}
    if have != want:
        differ = sorted(key for key in {*have, *want} if have.get(key) != want.get(key))
        shown = [f"{key} {_shown(have.get(key))}" for key in differ[:3]]
        wanted = [f"{key} {_shown(want.get(key))}" for key in differ[:3]]
        more = f" and {len(differ) - 3} more" if len(differ) > 3 else ""
        fix = "build the node with the sizes and parts that it had when the file was written"
        fail(str(path), ", ".join(shown) + more, ", ".join(wanted), fix)
    leaves = [
        jax.random.wrap_key_data(jnp.asarray(arrays[key]), impl=jax.random.key_impl(leaf))
        if _is_key(leaf)
        else jnp.asarray(arrays[key])
        for key, leaf in zip(want, jax.tree.leaves(like), strict=True)
    ]
    return jax.tree.unflatten(jax.tree.structure(like), leaves)


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray], about: Mapping[str, Any]) -> None:
    """Write arrays and what is said about them to a temporary name, then move them in place."""
    from safetensors.numpy import save as to_bytes

    arrays = {name: np.asarray(x, order="C") for name, x in arrays.items()}
    about = {"schema": SCHEMA, **about}
    about["content"] = _content(arrays, about)
    # One entry only: safetensors writes several in an order that differs from run to run.
    write_bytes(path, to_bytes(arrays, metadata={_HEADER: json.dumps(about, sort_keys=True)}))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file so that even after a crash there is the old one or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.partial")
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError:  # of a full disk, say: it is not left fuller than it was
        temporary.unlink(missing_ok=True)
        raise
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def read_arrays(path: str | Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return the arrays of a file and what it says about them.

    **Raises:** `NeuropilError` for a file that is missing, damaged, foreign or of another schema.
    """
    from safetensors import SafetensorError, safe_open

    path = as_path(path)
    fix = "give a file that neuropil wrote, or restore this one from a copy"
    if not path.is_file():
        fail(str(path), "no such file", "a file written by neuropil", "check the path")
    try:
        with safe_open(path, framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            text = (file.metadata() or {}).get(_HEADER)
    except (SafetensorError, ValueError, OSError) as error:
        fail(str(path), f"a damaged or foreign file ({error})", "a safetensors file", fix)
    if text is None:
        fail(str(path), "a safetensors file of another program", "one with our header", fix)
    try:
        about = json.loads(text)
        schema, content = about["schema"], about.pop("content")
    except (ValueError, KeyError, TypeError, AttributeError):
        fail(str(path), "a damaged header", "what neuropil wrote", fix)
    if schema != SCHEMA:
        fail(str(path), f"schema {schema}", f"schema {SCHEMA}", "use the version that wrote it")
    if content != _content(arrays, about):
        fail(str(path), "content that does not match its hash", "an undamaged file", fix)
    return arrays, about


def _content(arrays, about):
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name} {array.dtype} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _is_key(leaf):
    return jnp.issubdtype(jnp.result_type(leaf), jax.dtypes.prng_key)


def _shown(form):
    return "missing" if form is None else f"{form[1]}{list(form[0])}"
