from typing import Any

import jax
import numpy as np
from jaxtyping import Float

from ..numerics import as_count, as_key
from ._events import Spikes, trains_of
from ._rates import binning, counts_of, moments_of

_BLOCK = 1 << 21  # counts held at a time


def mean_correlation(spikes: Spikes, dt: float, bin: float) -> float:
    r"""Return Pearson's correlation of binned counts, averaged over all pairs of neurons.

    All $N (N - 1) / 2$ pairs at the price of the spikes: with counts $z_i$ less their mean and
    scaled to length 1,

    $$\bar\rho = \frac{\lVert \sum_i z_i \rVert^2 - N}{N (N - 1)},$$

    and to the sum a neuron adds a constant, and a number for each of its spikes. Neurons of
    constant count have no correlation and are left out; NaN if fewer than two remain.

    **Arguments:** `spikes`, 0/1 `[time, neuron]` or `Events`; `dt`, in ms; `bin`, in ms, a whole
    number of ticks.

    **Raises:** `NeuropilError` for bins of parts of ticks, and for fewer than two bins.

    >>> round(mean_correlation([[1, 1, 0], [0, 0, 1], [1, 1, 0]], dt=1.0, bin=1.0), 6)
    -0.333333
    """
    events, width, bins, _ = binning(spikes, dt, bin, least=2)
    total, spread = moments_of(events, width, bins)
    varies = spread > 0
    varied = int(varies.sum())
    if varied < 2:
        return np.nan
    scale = np.divide(1.0, np.sqrt(spread / bins), out=np.zeros(events.size), where=varies)
    inside = events.tick < bins * width
    which = events.tick[inside] // width
    summed = np.bincount(which, scale[events.neuron[inside]], minlength=bins)
    summed -= total @ scale / bins
    return float((summed @ summed - varied) / (varied * (varied - 1)))


def pair_correlations(
    spikes: Spikes, dt: float, bin: float, pairs: int, key: Any
) -> Float[np.ndarray, " pairs"]:
    r"""Return Pearson's correlation of binned counts of pairs of neurons drawn at random.

    No pair comes twice, and no neuron of constant count comes at all; of few neurons all pairs
    are returned.

    **Arguments:** `spikes`, 0/1 `[time, neuron]` or `Events`; `dt`, in ms; `bin`, in ms, a whole
    number of ticks; `pairs`, how many at most; `key`, a JAX random key.

    **Raises:** `NeuropilError` for bins of parts of ticks, and for fewer than two bins.

    >>> spikes = [[1, 1, 0], [0, 0, 1], [1, 1, 0]]
    >>> sorted(pair_correlations(spikes, 1.0, 1.0, pairs=9, key=jax.random.key(0)).round(6))
    [np.float64(-1.0), np.float64(-1.0), np.float64(1.0)]
    """
    events, width, bins, _ = binning(spikes, dt, bin, least=2)
    pairs, key = as_count(pairs, "pairs"), as_key(key)
    trains = trains_of(events)
    left = np.flatnonzero(moments_of(events, width, bins).spread)
    first, second = _draw(len(left), pairs, key)
    found = [np.zeros(0)]
    block = max(1, _BLOCK // bins)
    for start in range(0, len(first), block):
        one, other = (
            _scaled(counts_of(trains, left[drawn[start : start + block]], width, bins))
            for drawn in (first, second)
        )
        found.append((one * other).sum(axis=0))
    return np.clip(np.concatenate(found), -1.0, 1.0)


def _scaled(counts: np.ndarray) -> np.ndarray:
    """Return counts less their mean, of length 1."""
    apart = counts - counts.mean(axis=0)
    return apart / np.linalg.norm(apart, axis=0)


def _draw(size: int, pairs: int, key: Any) -> tuple[np.ndarray, np.ndarray]:
    """Draw distinct pairs i > j of the numbers below `size`."""
    typed = key if jax.dtypes.issubdtype(key.dtype, jax.dtypes.prng_key) else None
    bits = np.asarray(key if typed is None else jax.random.key_data(typed))
    everything = size * (size - 1) // 2
    generator = np.random.default_rng(bits.ravel().tolist())
    few = pairs < everything
    drawn = generator.choice(everything, pairs, replace=False) if few else np.arange(everything)
    # Pair k is (i, k - i (i - 1) / 2) for the largest i with i (i - 1) / 2 <= k.
    high = np.floor((1 + np.sqrt(1 + 8.0 * drawn)) / 2).astype(np.int64)
    high -= high * (high - 1) // 2 > drawn
    high += (high + 1) * high // 2 <= drawn
    return high, drawn - high * (high - 1) // 2
