import numpy as np
from jaxtyping import Float

from ._events import Spikes
from ._rates import binning, moments_of


def fano_factor(spikes: Spikes, dt: float, bin: float) -> Float[np.ndarray, " neuron"]:
    r"""Return the variance of a neuron's counts in bins over their mean, $\sigma_n^2 / \mu_n$.

    1 for a Poisson process, 0 for a clock with a whole number of intervals to a bin. The variance
    is the unbiased one.

    **Arguments:** `spikes`, 0/1 `[time, neuron]` or `Events`; `dt`, in ms; `bin`, in ms, a whole
    number of ticks. NaN for silent neurons.

    **Raises:** `NeuropilError` for bins of parts of ticks, and for fewer than two bins.

    >>> fano_factor([[1, 1, 0], [0, 1, 0], [1, 0, 0], [0, 0, 0]], dt=1.0, bin=2.0).tolist()
    [0.0, 2.0, nan]
    """
    events, width, bins, _ = binning(spikes, dt, bin, least=2)
    total, spread = moments_of(events, width, bins)
    ratio = np.full(events.size, np.nan)
    return np.divide(spread / (bins - 1), total, out=ratio, where=total > 0)
