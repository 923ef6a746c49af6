"""What the columns of a table of edges hold: many fields at once, or one with what is wrong.

`column(fields)` returns the values of a list of bytes, None if there is any doubt; `field(text)`
returns one value, None if it is wrong, and what is expected.
"""

import math

import jax.numpy as jnp
import numpy as np


class Numbered:
    """Neurons by number."""

    dtype = np.int32

    def __init__(self, size: int):
        """Neurons from 0 to size - 1."""
        self.size = size

    def column(self, fields):
        """Return what are digits and nothing else."""
        if not b"".join(fields).isdigit():
            return None
        values = np.fromiter(map(int, fields), np.int64, len(fields))
        return values if values.max() < self.size else None

    def field(self, text):
        """Return one neuron."""
        value = int(text) if text.isdecimal() and len(text) < 19 else -1
        return value if 0 <= value < self.size else None, f"a neuron from 0 to {self.size - 1}"


class Named:
    """Neurons by name."""

    dtype = np.int32

    def __init__(self, names: list[str]):
        """Neurons in the order of their names."""
        self.position = {name.strip(): index for index, name in enumerate(names)}
        self.encoded = {name.encode(): index for name, index in self.position.items()}
        self.first = next(iter(self.position))

    def column(self, fields):
        """Return where each name is listed."""
        found = np.fromiter((self.encoded.get(name, -1) for name in fields), np.int32, len(fields))
        return found if found.min() >= 0 else None

    def field(self, text):
        """Return one neuron."""
        expected = f"one of the {len(self.position)} names, such as {self.first!r}"
        return self.position.get(text), expected


class Weights:
    """Finite numbers."""

    @property
    def dtype(self):
        """The type that weights will have."""
        return jnp.result_type(float)

    @property
    def most(self):
        """The largest number of that type."""
        return float(np.finfo(self.dtype).max)

    def column(self, fields):
        """Return numbers, if all are finite in their type too."""
        values = _numbers(fields)
        return values if np.abs(values).max() <= self.most else None

    def field(self, text):
        """Return one number."""
        expected = f"a finite number, at most {self.most:.3g}"
        value = _number(text)
        return value if abs(value) <= self.most else None, expected


class Delays:
    """Times in ms, as ticks."""

    dtype = np.int32

    def __init__(self, dt):
        """Whole numbers of ticks of dt ms."""
        self.dt = dt

    def column(self, fields):
        """Return ticks, if all are whole."""
        delays = _numbers(fields)
        if not np.isfinite(delays).all():
            return None
        ticks = np.rint(delays / self.dt)
        is_whole = np.abs(ticks * self.dt - delays) <= 1e-6 * np.maximum(self.dt, delays)
        return ticks if (is_whole & (ticks >= 0) & (ticks < 2**31)).all() else None

    def field(self, text):
        """Return the ticks of one delay."""
        expected = f"a delay in ms that is a whole number of ticks of {self.dt} ms"
        ticks = self.column([text.encode()]) if not math.isnan(_number(text)) else None
        return None if ticks is None else int(ticks[0]), expected


def _numbers(fields):
    return np.fromiter(map(float, fields), np.float64, len(fields))


def _number(text):
    try:
        return float(text)
    except ValueError:
        return math.nan
