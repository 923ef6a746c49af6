import numpy as np
from jaxtyping import Float

from ._events import Spikes, trains_of
from ._rates import binning, counts_of

BLOCK = 1 << 22  # counts held at a time


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
    trains, found = trains_of(events), []
    for chosen in blocks(np.arange(events.size), bins):
        counts = counts_of(trains, chosen, width, bins)
        mean, variance = counts.mean(axis=0), counts.var(axis=0, ddof=1)
        found.append(np.divide(variance, mean, out=np.full(len(mean), np.nan), where=mean > 0))
    return np.concatenate(found)


def blocks(chosen: np.ndarray, bins: int) -> list[np.ndarray]:
    """Cut neurons into parts whose counts take a bounded memory."""
    block = max(1, BLOCK // bins)
    return [chosen[start : start + block] for start in range(0, len(chosen), block)]
