import equinox as eqx
import jax
import jax.numpy as jnp

from ..core import Connectivity
from ..numerics import event_matmul, fail, has_one_order, tickwise_matmul, two_forms
from ._delays import Ticks, as_ticks, join

# Numbers in the windows of one sample up to which one product of all of them is faster. On a core,
# a loss and its gradient took, in ms, at once and lag by lag (samples, ticks, sources, lags,
# targets; all at 2 to 6 % activity):
#   32 x 40 x 64 x 21 x 128:    2 and   8        16 x 300 x 128 x 26 x 128:  413 and  137
#   32 x 104 x 64 x 25 x 8:    10 and  10        64 x 148 x 140 x 25 x 256:  228 and  243
#   32 x 40 x 128 x 21 x 10:   50 and  10        64 x 148 x 256 x 25 x 256: 1790 and  900
FEW_NUMBERS = 2**16


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

    Few windows are laid side by side for one product; many, which would be the signal once for
    every lag, are not: then it is one product per lag.

    **Arguments:** `kernel`, `[lag, source, target]`; `past`, `[lag - 1, source]` oldest first;
    `signal`, `[time, source]`.
    """
    full = join(past, signal)
    if kernel.shape[0] == 1:
        return tickwise_matmul(full, kernel[0])
    few = signal.size * kernel.shape[0] <= FEW_NUMBERS
    return two_forms(_in_any_cut, _at_once if few else _lag_by_lag)(kernel, full)


def _in_any_cut(kernel, full):
    """Return the sum in a form that is the same, on a CPU, for every length of a block."""
    if has_one_order(kernel[0]):
        return _lag_by_lag(kernel, full)
    return jax.lax.platform_dependent(kernel, full, cpu=_tick_by_tick, default=_lag_by_lag)


def _at_once(kernel, full):
    lags, _, targets = kernel.shape
    length = full.shape[0] - lags + 1
    seen = jnp.stack([full[lags - 1 - k : lags - 1 - k + length] for k in range(lags)], axis=1)
    return event_matmul(seen.reshape(length, -1), kernel.reshape(-1, targets))


def _tick_by_tick(kernel, full):
    lags, _, targets = kernel.shape
    weight = kernel[::-1].reshape(-1, targets)

    def arrive(_, now):
        seen = jax.lax.dynamic_slice_in_dim(full, now, lags)
        return None, event_matmul(seen.reshape(-1), weight)

    return jax.lax.scan(arrive, None, jnp.arange(full.shape[0] - lags + 1))[1]


def _lag_by_lag(kernel, full):
    lags, _, targets = kernel.shape
    length = full.shape[0] - lags + 1

    @jax.checkpoint  # shift again on the way back: what was shifted is as large as all windows
    def add(arrived, lag):
        behind, weight = lag
        seen = jax.lax.dynamic_slice_in_dim(full, lags - 1 - behind, length)
        return arrived + event_matmul(seen, weight), None

    silent = jnp.zeros((length, targets), kernel.dtype)
    return jax.lax.scan(add, silent, (jnp.arange(lags), kernel))[0]
