from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from ..numerics import as_count, as_time_step
from ._checks import as_time
from ._events import Spikes, as_events, trains_of


class Intervals(NamedTuple):
    """Times between successive spikes of a neuron in ms, and whose they are."""

    time: Float[np.ndarray, " intervals"]
    neuron: Int[np.ndarray, " intervals"]


def intervals(spikes: Spikes, dt: float) -> Intervals:
    r"""Return the inter-spike intervals $t_{k+1} - t_k$ of all neurons, one after another.

    **Arguments:** `spikes`, 0/1 `[time, neuron]` or `Events`; `dt`, in ms.

    **Raises:** `NeuropilError` for anything else.

    >>> found = intervals([[1, 0], [0, 1], [1, 0], [1, 1]], dt=0.5)
    >>> found.time.tolist(), found.neuron.tolist()
    ([1.0, 0.5, 1.0], [0, 0, 1])
    """
    events, dt = as_events(spikes), as_time_step(dt)
    ticks, first = trains_of(events)
    neuron = np.repeat(np.arange(events.size), np.diff(first))
    same = neuron[1:] == neuron[:-1]
    return Intervals(np.diff(ticks)[same] * dt, neuron[1:][same])


def coefficient_of_variation(spikes: Spikes, least: int = 2) -> Float[np.ndarray, " neuron"]:
    r"""Return how irregular every neuron is: $\mathrm{CV} = \sigma_I / \mu_I$ of its intervals.

    0 for a clock, 1 for a Poisson process. $\sigma_I$ is the standard deviation of the intervals
    that are there (not of a sample of them); intervals count in ticks, so no `dt` is asked for.

    **Arguments:** `spikes`, 0/1 `[time, neuron]` or `Events`; `least`, how many intervals a neuron
    must have, at least 2; NaN for those of fewer.

    **Raises:** `NeuropilError` for anything else.

    >>> coefficient_of_variation([[1, 1], [1, 0], [0, 1], [0, 0], [1, 1]]).tolist()
    [0.5, 0.0]
    """
    events, least = as_events(spikes), as_count(least, "least", minimum=2)
    time, neuron = intervals(events, 1.0)
    counts = np.bincount(neuron, minlength=events.size)
    mean = _per(counts, np.bincount(neuron, time, minlength=events.size), least)
    squares = np.bincount(neuron, (time - mean[neuron]) ** 2, minlength=events.size)
    return np.sqrt(_per(counts, squares, least)) / mean


def local_variation(
    spikes: Spikes, dt: float, refractory: float = 0.0, least: int = 2
) -> Float[np.ndarray, " neuron"]:
    r"""Return how irregular every neuron is from one interval to the next, whatever its rate does.

    $$
    \mathrm{LvR} = \frac{3}{n - 1} \sum_{k=1}^{n-1}
    \left(1 - \frac{4 I_k I_{k+1}}{(I_k + I_{k+1})^2}\right)
    \left(1 + \frac{4 R}{I_k + I_{k+1}}\right)
    $$

    of $n$ intervals: 0 for a clock, 1 for a Poisson process (with $R = 0$), also where its rate is
    slowly modulated, which raises the coefficient of variation.

    **Arguments:** `spikes`, 0/1 `[time, neuron]` or `Events`; `dt`, in ms; `refractory`, $R$ in ms,
    much shorter than the mean interval: its effect is taken out to first order; `least`, how many
    intervals a neuron must have, at least 2; NaN for those of fewer.

    **Raises:** `NeuropilError` for anything else.

    >>> local_variation([[1], [1], [0], [1], [0], [1]], dt=1.0).round(4).tolist()
    [0.1667]

    Shinomoto et al. 2009, doi:10.1371/journal.pcbi.1000433
    """
    events, least = as_events(spikes), as_count(least, "least", minimum=2)
    time, neuron = intervals(events, dt)
    refractory = as_time(refractory, "refractory", zero=True)
    pair = np.flatnonzero(neuron[1:] == neuron[:-1])
    both = time[pair] + time[pair + 1]
    terms = (1 - 4 * time[pair] * time[pair + 1] / both**2) * (1 + 4 * refractory / both)
    counts = np.bincount(neuron[pair], minlength=events.size)
    return 3 * _per(counts, np.bincount(neuron[pair], terms, minlength=events.size), least - 1)


def _per(counts: np.ndarray, sums: np.ndarray, least: int) -> np.ndarray:
    """Return means, NaN where too few were counted."""
    return np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts >= least)
