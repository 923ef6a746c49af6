"""Numbers and names as a person reads them."""

import math
from typing import Any

_UNITS = {"hz": "Hz", "ms": "ms", "s": "s", "mb": "MB", "mv": "mV"}


def spoken(name: str) -> str:
    """A name as words, with its unit in parentheses.

    >>> spoken("test_accuracy"), spoken("mean_rate_hz"), spoken("wall_s")
    ('test accuracy', 'mean rate (Hz)', 'wall (s)')
    """
    words = name.replace("_", " ").strip()
    for ending, unit in _UNITS.items():
        if words.endswith(f" {ending}"):
            return f"{words.removesuffix(ending)}({unit})"
    return words


def shown(name: str, value: Any) -> str:
    """A value with as many digits as help: accuracies in percent, the rest with four figures."""
    if value is None:
        return "not a number"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return ", ".join(shown(name, item) for item in value)
    if "accuracy" in name and 0 <= value <= 1:
        return f"{100 * value:.1f} %"
    return number(value)


def number(value: Any) -> str:
    """A number with four significant figures, thousands set apart.

    >>> number(123456), number(0.012345), number(3), number(2_345_678)
    ('123 456', '0.01235', '3', '2.346 M')
    """
    if value is None or not math.isfinite(value):
        return "not a number"
    if 1e6 <= abs(value) < 1e9:
        return f"{value / 1e6:.4g} M"
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
