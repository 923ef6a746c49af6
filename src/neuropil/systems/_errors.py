"""Refusals of this room: what was got, what was expected, how to fix it."""

import contextlib
import difflib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NoReturn


class InputError(ValueError):
    """Bad input to a system, a run folder or the command line."""


class RunError(RuntimeError):
    """A run that was asked for rightly but could not be finished, e.g. since training diverged."""


def fail(argument: str, got: Any, expected: str, fix: str) -> NoReturn:
    """Raise an `InputError` that names the argument, what it got and how to fix it."""
    shown = got if isinstance(got, str) and got else repr(got)
    raise InputError(f"{argument}: got {shown}; expected {expected}.\nFix: {fix}.")


def choose(value: str, argument: str, known: Iterable[str]) -> str:
    """Return `value` if it is among the known names, else fail and suggest the nearest one."""
    names = list(known)
    if value not in names:
        near = difflib.get_close_matches(str(value), names, n=1, cutoff=0.5)
        fix = f"did you mean {near[0]!r}" if near else "use one of the names listed"
        fail(argument, repr(value), "one of " + ", ".join(names), fix)
    return value


def as_path(value: Any, argument: str) -> Path:
    """Return the path of a file or folder, refusing what is none."""
    if not isinstance(value, str | os.PathLike) or not str(value):
        fail(argument, value, "a path", "give the name of a file or folder")
    return Path(value)


def as_text(value: Any, argument: str) -> str:
    """Return text that is not blank."""
    if not isinstance(value, str) or not value.strip():
        fail(argument, value, "a text", f"say what {argument} is")
    return value


@contextlib.contextmanager
def opening(path: Path, argument: str, expected: str) -> Iterator[None]:
    """Refuse a path that the system does not let be read or written."""
    try:
        yield
    except OSError as error:
        got = f"{path}, where the system says: {error.strerror or error}"
        fail(argument, got, expected, "check the path and its permissions, or choose another")


@contextlib.contextmanager
def telling_divergence() -> Iterator[None]:
    """Turn training that met a value that is not finite into a `RunError`."""
    try:
        yield
    except ValueError as error:
        from ..training import NonFiniteError

        if not isinstance(error, NonFiniteError):
            raise
        raise RunError(str(error)) from error


def is_refusal(error: BaseException) -> bool:
    """Whether an error tells the user what to change, rather than betraying a defect.

    Every room refuses in the same words, so the words are what to look for.
    """
    text = str(error)
    return isinstance(error, ValueError) and "; expected " in text and "Fix: " in text
