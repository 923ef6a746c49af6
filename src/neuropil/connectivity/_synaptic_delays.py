import equinox as eqx
import jax.numpy as jnp

from ..core import Connectivity
from ..numerics import event_matmul, fail
from ._delays import Ticks, as_ticks, windows


class DelayedDense(Connectivity):
    r"""All-to-all synapses, each with its own delay: $I_{t,j} = \sum_i w_{ij}\, x_{i,\,t-d_{ij}}$.

    **Arguments:** `ticks`, whole delays of shape `[source, target]`, at least 0.

    **Raises:** `NeuropilError` unless `ticks` is a matrix of whole numbers of at least 0.

    >>> import numpy as np
    >>> DelayedDense(np.array([[0, 3], [1, 2]])).depth
    3
    """

    ticks: Ticks = eqx.field(static=True, converter=lambda value: as_ticks(value, "ticks"))

    def __check_init__(self):
        """Refuse anything but a matrix."""
        if self.ticks.array.ndim != 2:
            fail("ticks", f"shape {self.ticks.array.shape}", "[source, target]", "pass a matrix")

    @property
    def source(self):
        """The number of source neurons."""
        return self.ticks.array.shape[:1]

    @property
    def target(self):
        """The number of target neurons."""
        return self.ticks.array.shape[1:]

    @property
    def weight_shape(self):
        """Source by target."""
        return self.ticks.array.shape

    @property
    def fan_in(self):
        """The number of source neurons."""
        return self.ticks.array.shape[0]

    @property
    def depth(self):
        """The longest delay."""
        return int(self.ticks.array.max())

    @property
    def shortest(self):
        """The shortest delay."""
        return int(self.ticks.array.min())

    def read(self, window):
        """Return what every synapse sees, `[source, target]`."""
        return window[self.ticks.array, jnp.arange(self.source[0])[:, None]]

    def transmit(self, weight, seen):
        """Return the sum over sources of what each synapse sees times its weight."""
        return jnp.sum(weight * seen, axis=0)

    def sweep(self, weight, past, signal):
        """Return all ticks' arrivals as one product with the kernel of delays."""
        lags = jnp.arange(self.depth + 1)[:, None, None]
        kernel = jnp.where(lags == self.ticks.array[None], weight[None], 0.0)
        return convolve_in_time(kernel, past, signal)

    def constrained(self):
        """Return itself: nothing here is learnt."""
        return self


def convolve_in_time(kernel, past, signal):
    r"""Return $\sum_{k,i} G_{kij}\, x_{i,t-k}$ for every tick of a block.

    **Arguments:** `kernel`, `[lag, source, target]`; `past`, `[lag - 1, source]` oldest first;
    `signal`, `[time, source]`.
    """
    lags, sources, targets = kernel.shape
    seen = windows(past, signal, lags - 1).reshape(signal.shape[0], lags * sources)
    return event_matmul(seen, kernel.reshape(lags * sources, targets))
