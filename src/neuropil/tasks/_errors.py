"""Errors of the data room, in the library's form: what was got, what was expected, the fix."""

import importlib
import math
from types import ModuleType
from typing import Any, NoReturn

import numpy as np


class TaskError(ValueError):
    """Bad argument or bad data, reported as *got / expected / how to fix*."""


class DataNotFound(TaskError, FileNotFoundError):
    """A data set is in none of the places that were looked at."""


class DataDamaged(TaskError):
    """Data was found but is not what it should be."""


class MissingExtra(TaskError, ImportError):
    """An optional dependency is not installed."""


def describe_problem(argument: str, got: Any, expected: str, fix: str) -> str:
    """Return the text of an error."""
    shown = got if isinstance(got, str) and got else repr(got)
    return f"{argument}: got {shown}; expected {expected}.\nFix: {fix}."


def fail(argument: str, got: Any, expected: str, fix: str) -> NoReturn:
    """Raise a `TaskError` that names the argument."""
    raise TaskError(describe_problem(argument, got, expected, fix))


def damaged(what: str, got: str, expected: str, fix: str) -> NoReturn:
    """Raise a `DataDamaged` that names the file or data set."""
    raise DataDamaged(describe_problem(what, got, expected, fix))


def as_count(value: Any, name: str, *, minimum: int = 1, maximum: int | None = None) -> int:
    """Return a Python integer within bounds, refusing floats, booleans and text."""
    is_integer = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not is_integer or value < minimum or (maximum is not None and value > maximum):
        bounds = f"at least {minimum}" if maximum is None else f"{minimum} to {maximum}"
        fail(name, value, f"an integer, {bounds}", f"pass {name} as an int")
    return int(value)


def as_text(value: Any, name: str) -> str:
    """Return text that is not empty."""
    if not isinstance(value, str) or not value:
        fail(name, value, "a text", f"pass e.g. {name}='...'")
    return value


def as_flag(value: Any, name: str) -> bool:
    """Return a boolean, refusing anything else: "no" would count as true."""
    if not isinstance(value, bool | np.bool_):
        fail(name, value, "True or False", f"pass {name}=True or {name}=False")
    return bool(value)


def as_positive(value: Any, name: str, unit: str) -> float:
    """Return a positive finite float, refusing NaN, booleans and text."""
    is_number = isinstance(value, int | float | np.integer | np.floating)
    if not is_number or isinstance(value, bool) or not math.isfinite(value) or value <= 0:
        in_unit = f" in {unit}" if unit else ""
        fail(name, value, f"a positive finite number{in_unit}", f"pass e.g. {name}=10.0")
    return float(value)


def as_grid(dt: Any, duration: Any) -> tuple[float, int]:
    """Return the bin width in ms and how many bins cover the duration."""
    width, span = as_positive(dt, "dt", "ms"), as_positive(duration, "duration", "ms")
    if span < width:
        fail("duration", duration, f"at least one bin of dt={width:g} ms", "pass a longer duration")
    return width, math.ceil(span / width - 1e-9)


def require(module: str, extra: str) -> ModuleType:
    """Import an optional module, or say which extra installs it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise MissingExtra(
            describe_problem(
                package,
                f"no installed package ({error})",
                f"{package}, which this data set needs",
                f'pip install "neuropil[{extra}]"',
            )
        ) from error
