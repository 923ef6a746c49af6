"""Compiling kernels written in Python, and keeping them on disk for the next process.

Numba takes seconds for what a process needs to train. It keeps compiled code for functions that
stand in a file, so each kernel is written to one; the file's name holds all that the code depends
on, and is therefore never written twice with another text.
"""

import functools
import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import FunctionType
from typing import Any

import numba
from numba.core.errors import NumbaError


def compiled(source: str, words: int, names: Mapping[str, Any]) -> Any:
    """Compile the function `kernel` of a source, from and to words of 8 bytes, for C.

    `names` are the globals that the source uses; they are given by the source, not by the caller's
    state.

    **Raises:** `numba.core.errors.NumbaError` for what Numba cannot compile.
    """
    path = _file(source)
    scope = {**names, "__name__": __name__}  # Numba loads code of modules that can be imported
    exec(compile(source, str(path or "<kernel>"), "exec"), scope)
    _name_apart(scope.values(), _digest(source))
    signature = numba.types.int64(*[numba.types.int64] * words)
    build = functools.partial(numba.cfunc, signature, error_model="numpy")
    if path is not None:
        try:
            return build(cache=True)(scope["kernel"])
        except NumbaError:
            raise
        except Exception:  # noqa: BLE001, S110 - whatever a damaged or full folder makes Numba raise
            pass
    return build()(scope["kernel"])


def _name_apart(values: Iterable[Any], digest: str) -> None:
    """Give the functions of a source names of their own.

    Else two that processes of old compiled under one name and count meet here, and one is called in
    place of the other.
    """
    for value in values:
        function = getattr(value, "py_func", value)
        if isinstance(function, FunctionType) and function.__module__ == __name__:
            function.__qualname__ = f"{function.__name__}_{digest}"


def _digest(source: str) -> str:
    return hashlib.sha256(f"{_support()}\n{source}".encode()).hexdigest()[:32]


def _file(source: str) -> Path | None:
    """Return the file that holds the source, if there can be one."""
    path = _folder() / f"{_digest(source)}.py"
    partial = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_text(source, encoding="utf-8")
            os.utime(partial, (0, 0))  # Numba takes another time for another text
            os.replace(partial, path)
    except OSError:
        return None
    return path


def _folder() -> Path:
    if own := os.environ.get("NEUROPIL_CACHE"):
        return Path(own).expanduser() / "kernels"
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "neuropil" / "kernels"


@functools.cache
def _support() -> str:
    """Return what all kernels depend on: any module here may define what they call."""
    modules = sorted(Path(__file__).parent.glob("*.py"))
    texts = [module.read_bytes() for module in modules]
    return hashlib.sha256(b"".join(texts)).hexdigest() + numba.__version__
