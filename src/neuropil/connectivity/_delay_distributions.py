"""Delays drawn for every synapse, as functions of a key and a shape."""

import math
from collections.abc import Callable

import jax
import numpy as np

from ..numerics import as_count, as_shape, as_time_step, fail
from ._assembly import BLOCK, empty, generator
from ._checks import as_real

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

    def draw(random, n):
        late = random.standard_normal(n)
        late *= sd / dt
        late += mean / dt
        return np.clip(np.rint(late, out=late), least, most, out=late)

    return _filled(draw)


def _filled(draw) -> Draw:
    def ticks(key, shape):
        random, size = generator(key), math.prod(as_shape(shape, "shape"))
        late = empty(size)
        for first in range(0, size, BLOCK):
            late[first : first + BLOCK] = draw(random, min(BLOCK, size - first))
        return late.reshape(shape)

    return ticks
