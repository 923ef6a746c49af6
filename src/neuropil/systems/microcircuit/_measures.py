"""What is measured of each layer, as in the paper."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ...analysis import Events, coefficient_of_variation, rates
from ._tables import PUBLISHED

BIN, COUNTED, FEWEST_INTERVALS = 3.0, 1000, 3  # ms, neurons, intervals


class Measures(NamedTuple):
    """Of one population.

    `rate` (Hz); `cv`, of the intervals of a neuron, over the neurons with three or more;
    `synchrony`, variance over mean of the spikes of up to 1,000 neurons in bins of 3 ms.
    """

    rate: float
    cv: float
    synchrony: float

    @property
    def is_asynchronous_irregular(self) -> bool:
        """Whether activity is as the paper defines it."""
        return bool(self.rate < 30 and 0.7 <= self.cv <= 1.2 and self.synchrony < 8)


def measures(spikes: Events, dt: float) -> Measures:
    """Return the measures of a population's spikes; NaN where too few were fired."""
    variation = coefficient_of_variation(spikes, least=FEWEST_INTERVALS)
    variation = variation[np.isfinite(variation)]
    counted = spikes.tick[spikes.neuron < COUNTED]
    width = round(BIN / dt)
    counts = np.bincount(counted // width, minlength=spikes.ticks // width)
    counts = counts[: spikes.ticks // width]
    return Measures(
        float(rates(spikes, dt).mean()),
        float(variation.mean()) if variation.size else np.nan,
        float(counts.var() / counts.mean()) if counts.any() else np.nan,
    )


def by_layer(spikes: Events, sizes: Mapping[str, int]) -> dict[str, Events]:
    """Return the spikes of populations that are side by side, each with neurons from 0."""
    found, first = {}, 0
    for name, size in sizes.items():
        own = (spikes.neuron >= first) & (spikes.neuron < first + size)
        found[name] = Events(spikes.tick[own], spikes.neuron[own] - first, spikes.ticks, size)
        first += size
    return found


def outside(rate: float, published: tuple[float, ...]) -> float:
    """Return how far a rate lies outside of published ones, relative to the nearest: 0 within."""
    least, most = min(published), max(published)
    return max((least - rate) / least, (rate - most) / most, 0.0)


def furthest(rates: Mapping[str, float]) -> float:
    """Return how far outside of its published rates the layer that is furthest lies."""
    return max(outside(rates[name], published) for name, published in PUBLISHED.items())
