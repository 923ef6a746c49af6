from typing import Any

import jax
import numpy as np
from jaxtyping import Float

from ..numerics import as_count, as_key
from ._events import Spikes, trains_of
from ._fano_factor import BLOCK, blocks
from ._rates import binning, counts_of


def mean_correlation(spikes: Spikes, dt: float, bin: float) -> float:
    r"""Return Pearson's correlation of binned counts, averaged over all pairs of neurons.

    All $N (N - 1) / 2$ pairs at the price of $N$ neurons: with counts $z_i$ less their mean and
    scaled to length 1,

    $$\bar\rho = \frac{\lVert \sum_i z_i \rVert^2 - N}{N (N - 1)}.$$

    Neurons of constant count have no correlation and are left out; NaN if fewer than two remain.
    Memory is bounded: neurons are taken in parts.

    **Arguments:** `spikes`, 0/1 `[time, neuron]` or `Events`; `dt`, in ms; `bin`, in ms, a whole
    number of ticks.

    **Raises:** `NeuropilError` for bins of parts of ticks, and for fewer than two bins.

    >>> round(mean_correlation([[1, 1, 0], [0, 0, 1], [1, 1, 0]], dt=1.0, bin=1.0), 6)
    -0.333333
    """
    events, width, bins, _ = binning(spikes, dt, bin, least=2)
    trains, total, varied = trains_of(events), np.zeros(bins), 0
    for chosen in blocks(np.arange(events.size), bins):
        scaled, varies = _scaled(counts_of(trains, chosen, width, bins))
        total += scaled.sum(axis=1)
        varied += int(varies.sum())
    return float((total @ total - varied) / (varied * (varied - 1))) if varied > 1 else np.nan


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
    varies = [_varies(counts_of(trains, chosen, width, bins))
              for chosen in blocks(np.arange(events.size), bins)]  # fmt: skip
    left = np.flatnonzero(np.concatenate(varies))
    first, second = _draw(len(left), pairs, key)
    found = [np.zeros(0)]
    block = max(1, BLOCK // (2 * bins))
    for start in range(0, len(first), block):
        one, other = (
            _scaled(counts_of(trains, left[drawn[start : start + block]], width, bins))[0]
            for drawn in (first, second)
        )
        found.append((one * other).sum(axis=0))
    return np.clip(np.concatenate(found), -1.0, 1.0)


def _varies(counts: np.ndarray) -> np.ndarray:
    return (counts != counts[0]).any(axis=0)


def _scaled(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Counts less their mean, of length 1 or 0, and which vary at all."""
    varies = _varies(counts)
    apart = (counts - counts.mean(axis=0)) * varies
    return apart / np.where(varies, np.linalg.norm(apart, axis=0), 1.0), varies


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
