"""What tells the regimes apart."""

from typing import NamedTuple

import numpy as np

from ...analysis import Events, intervals, population_rate, power_spectrum, rates

BIN, SEGMENT, SLOWEST = 0.5, 250.0, 8.0  # ms, ms, Hz


class Measures(NamedTuple):
    """Of one population.

    `rate` (Hz); `cv`, of all intervals together, for the neurons are alike; `modulation`, the
    standard deviation of the population rate over its mean, less what independent Poisson neurons
    would have; `rhythm` (Hz), where the spectrum of the population rate peaks.
    """

    rate: float
    cv: float
    modulation: float
    rhythm: float


def measures(spikes: Events, dt: float) -> Measures:
    """Return the measures of spikes; NaN where too few were fired."""
    between = intervals(spikes, dt).time
    together = population_rate(spikes, dt, BIN)
    mean = together.mean()
    counted = mean * spikes.size * BIN * 1e-3
    excess = together.var() / mean**2 - 1 / counted if mean > 0 else np.nan
    spectrum = power_spectrum(together, BIN, min(SEGMENT, together.size * BIN))
    heard = spectrum.frequency >= SLOWEST
    return Measures(
        float(rates(spikes, dt).mean()),
        float(between.std() / between.mean()) if between.size > 1 else np.nan,
        float(np.sqrt(np.maximum(excess, 0.0))),
        float(spectrum.frequency[heard][spectrum.power[heard].argmax()]) if mean > 0 else np.nan,
    )
