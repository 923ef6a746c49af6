"""What is measured of a network, as it was of Brian2's runs."""

from collections.abc import Mapping

import numpy as np

from ...analysis import (
    Events,
    coefficient_of_variation,
    mean_correlation,
    rates,
    synchrony_of_counts,
)

BIN, FEWEST_INTERVALS = 5.0, 5  # ms


def measures(spikes: Mapping[str, Events], dt: float) -> dict[str, float]:
    """Return the rates by population (Hz), and irregularity and synchrony of all neurons.

    `cv`, of the intervals of a neuron, over the neurons with five intervals or more;
    `synchrony` and `correlation` (over all pairs), of counts in bins of 5 ms.
    """
    everyone = together(spikes)
    variation = coefficient_of_variation(everyone, least=FEWEST_INTERVALS)
    variation = variation[np.isfinite(variation)]
    return {
        **{f"rate_{name}": float(rates(events, dt).mean()) for name, events in spikes.items()},
        "cv": float(variation.mean()) if variation.size else np.nan,
        "synchrony": synchrony_of_counts(everyone, dt, BIN),
        "correlation": mean_correlation(everyone, dt, BIN),
    }


def together(spikes: Mapping[str, Events]) -> Events:
    """Return the spikes of several populations as those of one."""
    each = list(spikes.values())
    begins = np.cumsum([0, *(events.size for events in each)])
    neurons = [events.neuron + begin for events, begin in zip(each, begins[:-1], strict=True)]
    ticks = np.concatenate([events.tick for events in each])
    return Events(ticks, np.concatenate(neurons), each[0].ticks, int(begins[-1]))
