"""Refusals of this room: what was got, what was expected, how to fix it."""

import difflib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn


class InputError(ValueError):
    """Bad input to a system, a run folder or the command line."""


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


def is_refusal(error: BaseException) -> bool:
    """Whether an error tells the user what to change, rather than betraying a defect.

    Every room refuses in the same words, so the words are what to look for.
    """
    if isinstance(error, OSError):
        return True
    text = str(error)
    return isinstance(error, ValueError) and "; expected " in text and "Fix: " in text
