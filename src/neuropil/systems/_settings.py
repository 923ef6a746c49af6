"""Settings of a system: declared as a dataclass, changed as `key=value`."""

import dataclasses
import enum
import math
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ._errors import InputError, as_text, choose, fail

_TRUE, _FALSE = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}


class Limits(NamedTuple):
    """The smallest and the largest number that make sense."""

    least: float | None = None
    most: float | None = None

    def __str__(self):
        """Say what is allowed."""
        parts = (("at least", self.least), ("at most", self.most))
        return ", ".join(f"{word} {limit:g}" for word, limit in parts if limit is not None)

    def allow(self, number: float) -> bool:
        """Whether a number lies within."""
        return not (
            (self.least is not None and number < self.least)
            or (self.most is not None and number > self.most)
        )


def setting(
    default: Any, doc: str, *, least: float | None = None, most: float | None = None
) -> Any:
    """Declare one setting of a system.

    **Arguments:** `default`, immutable; `doc`, what it is and its unit; `least` and `most`, the
    smallest and largest number that make sense, in a tuple for each entry.

    **Raises:** `InputError` without a `doc`, or where `least` or `most` is no number.

    >>> @dataclasses.dataclass(frozen=True)
    ... class Settings:
    ...     epochs: int = setting(40, "passes over the training set")
    >>> Settings().epochs
    40
    """
    for name, limit in (("least", least), ("most", most)):
        is_number = isinstance(limit, int | float) and not isinstance(limit, bool)
        if limit is not None and not (is_number and math.isfinite(limit)):
            fail(name, limit, "a number or None", f"pass e.g. {name}=1")
    metadata = {"doc": as_text(doc, "doc"), "limits": Limits(least, most)}
    return dataclasses.field(default=default, metadata=metadata)


def describe_settings(settings: type) -> list[dict[str, str]]:
    """List what can be set: name, type, default and meaning of each field.

    **Arguments:** `settings`, a dataclass type.
    """
    hints = typing.get_type_hints(as_settings_type(settings))
    return [
        {
            "name": field.name,
            "type": ", ".join(filter(None, [_type_name(hints[field.name]), str(_limits(field))])),
            "default": _text(_default(field)),
            "doc": field.metadata.get("doc", ""),
        }
        for field in dataclasses.fields(settings)
    ]


def parse_settings(settings: type, assignments: Iterable[str]) -> Any:
    """Build settings from `key=value` texts, each value read as the type of its field.

    **Arguments:** `settings`, a dataclass type; `assignments`, the texts.

    **Raises:** `InputError` that lists what can be set, for an unknown key or a wrong value.

    >>> @dataclasses.dataclass(frozen=True)
    ... class Settings:
    ...     epochs: int = setting(40, "passes over the training set")
    >>> parse_settings(Settings, ["epochs=5"])
    Settings(epochs=5)
    """
    hints = typing.get_type_hints(as_settings_type(settings))
    limits = {field.name: _limits(field) for field in dataclasses.fields(settings)}
    values: dict[str, Any] = {}
    try:
        for assignment in _as_texts(assignments):
            key, equals, text = assignment.partition("=")
            key = key.strip()
            if not equals or not key:
                fail("--set", repr(assignment), "key=value", "write e.g. --set epochs=10")
            choose(key, "--set", hints)
            values[key] = _parse(text.strip(), hints[key], key)
            _require(limits[key], values[key], key)
    except InputError as error:
        raise InputError(f"{error}\n{_catalogue(settings)}") from None
    return settings(**values)


def settings_to_json(settings: Any) -> dict[str, Any]:
    """Turn settings into what JSON can hold; enums become their values, tuples become lists.

    **Raises:** `InputError` for anything but settings.
    """
    if isinstance(settings, type) or not dataclasses.is_dataclass(settings):
        fail("settings", settings, "an instance of a settings class", "build it, or parse_settings")

    def plain(value: Any) -> Any:
        if isinstance(value, enum.Enum):
            return value.value
        return [plain(v) for v in value] if isinstance(value, tuple) else value

    return {f.name: plain(getattr(settings, f.name)) for f in dataclasses.fields(settings)}


def settings_from_json(settings: type, stored: dict[str, Any]) -> Any:
    """Build settings from what `settings_to_json` wrote.

    **Raises:** `InputError` for a key the system does not have or a value of another type.
    """
    if not isinstance(stored, Mapping):
        fail("stored", stored, "a JSON object", "pass what settings_to_json returned")
    return parse_settings(settings, [f"{key}={_text(value)}" for key, value in stored.items()])


def as_settings_type(settings: Any) -> type:
    """Return a class of settings, refusing anything else."""
    if not isinstance(settings, type) or not dataclasses.is_dataclass(settings):
        fail("settings", settings, "a dataclass type", "decorate it with @dataclass")
    return settings


def _as_texts(assignments):
    if isinstance(assignments, str) or not isinstance(assignments, Iterable):
        fail("--set", assignments, "a list of key=value", "write e.g. ['epochs=10']")
    return [as_text(assignment, "--set") for assignment in assignments]


def _require(limits: Limits, value: Any, key: str) -> None:
    for number in () if value is None else value if isinstance(value, tuple) else (value,):
        if str(limits) and not limits.allow(number):
            fail(f"--set {key}", repr(_text(value)), str(limits), "choose a number in this range")


def _limits(field: dataclasses.Field) -> Limits:
    return field.metadata.get("limits", Limits())


def _default(field: dataclasses.Field) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _text(value: Any) -> str:
    if isinstance(value, enum.Enum):
        return str(value.value)
    if isinstance(value, tuple | list):
        return ",".join(_text(v) for v in value)
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)


def _type_name(kind: Any) -> str:
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Literal:
        return " | ".join(str(p) for p in parts)
    if origin in (typing.Union, types.UnionType):
        return " | ".join("none" if p is type(None) else _type_name(p) for p in parts)
    if origin is tuple:
        return f"{_type_name(parts[0])},{_type_name(parts[0])},..."
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return " | ".join(str(member.value) for member in kind)
    return {str: "text", bool: "true | false"}.get(kind, getattr(kind, "__name__", str(kind)))


def _parse(text: str, kind: Any, key: str) -> Any:
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        if type(None) in parts and text.lower() == "none":
            return None
        return _parse(text, next(p for p in parts if p is not type(None)), key)
    if origin is tuple:
        return tuple(_parse(part.strip(), parts[0], key) for part in text.split(","))
    value = _scalar(text, kind, origin, parts)
    if value is _UNREADABLE:
        fail(f"--set {key}", repr(text), _type_name(kind), "give a value of that type")
    return value


_UNREADABLE = object()


def _scalar(text: str, kind: Any, origin: Any, parts: tuple) -> Any:
    if origin is typing.Literal:
        return next((p for p in parts if str(p) == text), _UNREADABLE)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return next((m for m in kind if text in (str(m.value), m.name)), _UNREADABLE)
    if kind is bool:
        return text.lower() in _TRUE if text.lower() in _TRUE | _FALSE else _UNREADABLE
    if kind is str:
        return text
    try:
        value = kind(text)
    except ValueError:
        return _UNREADABLE
    return value if math.isfinite(value) else _UNREADABLE


def _catalogue(settings: type) -> str:
    rows = describe_settings(settings)
    width = max((len(row["name"]) for row in rows), default=0)
    lines = [
        f"  {row['name']:<{width}}  {row['type']}, default {row['default']}"
        + (f": {row['doc']}" if row["doc"] else "")
        for row in rows
    ]
    return "\n".join(["What can be set:", *lines])
