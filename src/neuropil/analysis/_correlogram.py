from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ..numerics import fail
from ._checks import as_ticks
from ._events import Events, Spikes, as_events, as_pair
from ._rates import binning

_BLOCK = 1 << 22  # pairs of spikes held at a time


class Correlogram(NamedTuple):
    """Lags in ms, and the rate in Hz at which spikes follow a spike by that lag."""

    lag: Float[np.ndarray, " lags"]
    rate: Float[np.ndarray, " lags"]


def cross_correlogram(
    first: Spikes, second: Spikes, dt: float, bin: float, longest: float
) -> Correlogram:
    r"""Return how often neurons of `second` fire some time after those of `first`.

    Neuron $i$ of one is paired with neuron $i$ of the other. With counts $a$ and $b$ in bins of
    length $B$,

    $$
    c(k B) = \frac{\sum_i \sum_t a_{i,t} b_{i,t+k}}{B \sum_i \sum_t a_{i,t}},
    $$

    over all $t$ for which $t + k$ was recorded too, so that the ends do not lower it: the rate of
    `second` at every lag if the two are independent. A peak at positive lags means that `first`
    leads.

    **Arguments:** `first` and `second`, 0/1 `[time, neuron]` or `Events`, of one shape; for one
    pair of neurons `spikes[:, [i]]` and `spikes[:, [j]]`; `dt`, in ms; `bin`, in ms, a whole number
    of ticks; `longest`, the longest lag in ms, a whole number of bins.

    **Returns:** lags from `-longest` to `longest`; NaN where `first` has no spike to start from.

    **Raises:** `NeuropilError` for anything else.

    >>> first, second = [[1], [0], [1], [0], [0]], [[0], [1], [0], [1], [0]]
    >>> cross_correlogram(first, second, dt=1.0, bin=1.0, longest=1.0).rate.tolist()
    [1000.0, 0.0, 1000.0]
    """
    one, other = as_pair(first, second)
    return _over(*_pairs(one, other, dt, bin, longest), bin)


def autocorrelogram(spikes: Spikes, dt: float, bin: float, longest: float) -> Correlogram:
    r"""Return how often a neuron fires again some time after a spike of its own.

    The cross-correlogram of neurons with themselves, averaged over the spikes of all neurons,
    without the pairs that a spike makes with itself.

    **Arguments:** `spikes`, 0/1 `[time, neuron]` or `Events`; `dt`, in ms; `bin`, in ms, a whole
    number of ticks; `longest`, the longest lag in ms, a whole number of bins.

    **Raises:** `NeuropilError` for anything else.

    >>> autocorrelogram([[1], [0], [1], [0], [1]], dt=1.0, bin=1.0, longest=2.0).rate.tolist()
    [1000.0, 0.0, 0.0, 0.0, 1000.0]
    """
    events = as_events(spikes)
    pairs, started = _pairs(events, events, dt, bin, longest)
    middle = len(pairs) // 2
    pairs[middle] -= started[middle]
    return _over(pairs, started, bin)


def _pairs(
    one: Events, other: Events, dt: float, bin: float, longest: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return, for every lag, how many pairs of spikes have it, and how many spikes might have."""
    _, width, bins, _ = binning(one, dt, bin)
    reach, _ = as_ticks(longest, "longest", bin)
    if reach >= bins:
        found = f"{longest:g} ms in a recording of {bins} bins of {bin:g} ms"
        fail("longest", found, "a lag that was recorded", f"pass at most {(bins - 1) * bin:g}")
    # With a gap between the neurons, one search finds the neighbours of every spike at once.
    stride = bins + reach
    keys, others = (np.sort(e.neuron * stride + e.tick // width)
                    for e in (_whole(one, bins * width), _whole(other, bins * width)))  # fmt: skip
    low = np.searchsorted(others, keys - reach, "left")
    high = np.searchsorted(others, keys + reach, "right")
    pairs = np.zeros(2 * reach + 1, np.int64)
    ends = np.cumsum(high - low)
    start = 0
    while start < len(keys):
        done = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + _BLOCK, "right")))
        lengths = (high - low)[start:stop]
        before = np.cumsum(lengths) - lengths
        index = np.repeat(low[start:stop] - before, lengths) + np.arange(lengths.sum())
        lags = others[index] - np.repeat(keys[start:stop], lengths)
        pairs += np.bincount(lags + reach, minlength=len(pairs))
        start = stop
    lag = np.arange(-reach, reach + 1)
    until = np.concatenate([[0], np.cumsum(np.bincount(keys % stride, minlength=bins))])
    started = until[bins - np.maximum(lag, 0)] - until[np.maximum(-lag, 0)]
    return pairs, started


def _over(pairs: np.ndarray, started: np.ndarray, bin: float) -> Correlogram:
    rate = np.full(len(pairs), np.nan)
    np.divide(pairs, started * bin * 1e-3, out=rate, where=started > 0)
    reach = len(pairs) // 2
    return Correlogram(np.arange(-reach, reach + 1) * float(bin), rate)


def _whole(events: Events, ticks: int) -> Events:
    """Leave out what is after the last whole bin."""
    inside = events.tick < ticks
    return Events(events.tick[inside], events.neuron[inside], ticks, events.size)
