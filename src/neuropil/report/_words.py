"""Numbers and names as a person reads them."""

import math
from typing import Any


def spoken(name: str) -> str:
    """A name with spaces instead of underscores: `test_accuracy` is `test accuracy`."""
    return name.replace("_", " ").strip()


def figure(name: str, value: Any) -> str:
    """A value with as many digits as help: accuracies in percent, the rest with four figures."""
    if value is None:
        return "not a number"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return ", ".join(figure(name, item) for item in value)
    if "accuracy" in name and 0 <= value <= 1:
        return f"{100 * value:.1f} %"
    return number(value)


def number(value: Any) -> str:
    """A number with four significant figures, thousands set apart.

    >>> number(123456), number(0.012345), number(3)
    ('123 456', '0.01235', '3')
    """
    if value is None or not math.isfinite(value):
        return "not a number"
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}".replace(",", " ")
    return f"{value:.4g}"


def duration(seconds: float | None) -> str:
    """Seconds as hours, minutes and seconds.

    >>> duration(3.21), duration(75), duration(7400)
    ('3.2 s', '1 min 15 s', '2 h 3 min')
    """
    if seconds is None or not math.isfinite(seconds):
        return "not known"
    if seconds < 60:
        return f"{seconds:.1f} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min {int(seconds % 60)} s"
    return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60)} min"


def memory(megabytes: float | None) -> str:
    """A size given in MB."""
    if megabytes is None or not math.isfinite(megabytes):
        return "not known"
    return f"{megabytes / 1000:.1f} GB" if megabytes >= 1000 else f"{megabytes:.0f} MB"
