"""Delays drawn for every synapse, as functions of a key and a shape."""

import math
import warnings
from collections.abc import Callable

import jax
import numpy as np

from ..numerics import as_count, as_shape, as_time_step, empty, fail
from ._assembly import BLOCK, generator
from ._checks import as_real

MOST_RAISED = 0.1  # of all delays, to the least

Draw = Callable[[jax.Array, tuple], np.ndarray]


def uniform_ticks(low, high) -> Draw:
    """Return delays that are all equally likely, both ends included.

    **Arguments:** `low`, `high`, in ticks.

    **Raises:** `NeuropilError` unless they are whole, at least 0, and `low <= high`.

    >>> sorted(set(uniform_ticks(2, 4)(jax.random.key(0), (50,)).tolist()))
    [2, 3, 4]
    """
    low, high = as_count(low, "low", minimum=0), as_count(high, "high", minimum=0)
    if not low <= high < 2**31:
        fail("low", low, f"at most high = {high}, below 2**31", "exchange them, or pass ticks")
    return _filled(lambda random, n: random.integers(low, high + 1, n, np.int32))


def normal_ticks(mean, sd, dt, least=1) -> Draw:
    """Return normal delays, rounded to ticks; what is below the least becomes the least.

    Where more than a tenth of all would, there is a warning: their mean is not the one asked for.

    **Arguments:** `mean`, `sd` and `dt`, in ms; `least`, in ticks.

    **Raises:** `NeuropilError` for times that are negative or not finite.

    >>> normal_ticks(1.5, 0.0, dt=0.1)(jax.random.key(0), (2,)).tolist()
    [15, 15]
    """
    mean, sd = as_real(mean, "mean", minimum=0.0), as_real(sd, "sd", minimum=0.0)
    dt, least = as_time_step(dt), as_count(least, "least", minimum=0)
    most = 2.0**30
    if (mean + 20 * sd) / dt > most or least > most:
        expected = f"at most {int(most)} ticks"
        fail("mean", f"{mean} ms, sd {sd} ms, dt {dt} ms", expected, "pass times in ms")
    below = _normal_below((least - 0.5) * dt, mean, sd) if least else 0.0
    if below > MOST_RAISED:
        warnings.warn(
            f"{below:.0%} of delays of {mean} +- {sd} ms are below {least} ticks of {dt} ms, and "
            "become as long as that: take a smaller dt, or longer delays.",
            stacklevel=2,
        )

    def draw(random, n):
        late = random.standard_normal(n)
        late *= sd / dt
        late += mean / dt
        return np.clip(np.rint(late, out=late), least, most, out=late)

    return _filled(draw)


def _normal_below(limit, mean, sd):
    """Return the probability that a normal number is below a limit."""
    return 0.5 * math.erfc((mean - limit) / (sd * math.sqrt(2))) if sd else float(mean < limit)


def _filled(draw) -> Draw:
    def ticks(key, shape):
        random, size = generator(key), math.prod(as_shape(shape, "shape"))
        late = empty(size)
        for first in range(0, size, BLOCK):
            late[first : first + BLOCK] = draw(random, min(BLOCK, size - first))
        return late.reshape(shape)

    return ticks
