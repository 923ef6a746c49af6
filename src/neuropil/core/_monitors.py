"""What to keep of a population in a tick, for `Record(..., encode=...)`.

They are compared by what they hold, so that a new one like the last compiles nothing anew.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from ..numerics import fail


def as_is(value: Array) -> Array:
    """Return a value itself: nothing is encoded."""
    return value


@dataclass(frozen=True)
class Chosen:
    r"""Keeps the values of some neurons: $y_i = x_{c_i}$.

    **Arguments:** `indices` c, positions in the population, flattened where it has several axes.

    **Raises:** `NeuropilError` for anything but whole numbers from 0, and when the run begins for
    an index beyond the population.

    >>> Chosen([0, 2])(jnp.array([1.0, 2.0, 3.0])).tolist()
    [1.0, 3.0]
    """

    indices: Sequence[int]

    def __post_init__(self):
        """Refuse nonsense."""
        expected, fix = "positions of neurons, counted from 0", "pass e.g. indices=[0, 5, 7]"
        try:
            array = np.asarray(self.indices)
        except Exception:  # of any kind: what it is made of is unknown
            array = np.asarray(None)
        if array.ndim != 1 or array.size == 0 or not np.issubdtype(array.dtype, np.integer):
            fail("indices", self.indices, expected, fix)
        if array.min() < 0:
            fail("indices", f"the position {array.min()}", expected, fix)
        object.__setattr__(self, "indices", tuple(array.tolist()))

    def __call__(self, value: Array) -> Array:
        """Return the chosen values."""
        size = value.size
        if max(self.indices) >= size:
            expected = f"positions below {size}, of a population of shape {value.shape}"
            fail("indices", f"the position {max(self.indices)}", expected, "choose among them")
        return value.reshape(-1)[np.asarray(self.indices)]


@dataclass(frozen=True)
class PopulationMean:
    r"""Keeps the mean over all neurons: $y = \frac{1}{n} \sum_i x_i$.

    Of spikes, this is the rate of the population in spikes per neuron and tick; times
    $1000 / \Delta t$, in Hz.

    >>> float(PopulationMean()(jnp.array([1.0, 0.0, 0.0, 1.0])))
    0.5
    """

    def __call__(self, value: Array) -> Array:
        """Return the mean."""
        return jnp.mean(value)


@dataclass(frozen=True)
class Average:
    r"""Keeps means over time, where otherwise each so-many-th tick is kept.

    $y_k = \frac{1}{m} \sum_{t = km}^{(k+1) m - 1} f(x_t)$, with m the `every` of the record. If the
    run ends within such a bin, its mean is over the ticks that were run.

    **Arguments:** `encode` f, what to average, such as :class:`PopulationMean`: the rate of the
    population in bins.

    **Raises:** `NeuropilError` unless `encode` is a function.

    >>> from neuropil.core import Record
    >>> Record("exc", every=10, encode=Average(PopulationMean())).every
    10
    """

    encode: Callable[[Array], Array] = as_is

    def __post_init__(self):
        """Refuse nonsense."""
        if not callable(self.encode) or isinstance(self.encode, Average):
            expected = "a function of one tick's value, not an Average"
            fail("encode", self.encode, expected, "pass e.g. PopulationMean()")

    def __call__(self, value: Array) -> Any:
        """Return one tick's part of the mean."""
        return jnp.asarray(self.encode(value), jnp.result_type(float))
