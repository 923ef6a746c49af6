"""The worm's own data, or a synthetic worm for where there are none."""

import numpy as np

from ...tasks import worm
from ._measures import Experiment
from ._network import Connectome, responses

NEURONS, IN_DEGREE, GAPS, INHIBITORY, NOISE = 60, 7.6, 3.6, 0.2, 0.1


def measured_worm() -> Experiment:
    """Return the connectome of C. elegans and the measured responses."""
    data = worm()
    found = Connectome(data.chemical, data.electrical, data.signs)
    return Experiment(found, data.response, data.q, data.neurons)


def synthetic_worm(seed: int) -> Experiment:
    """Return a random connectome with the worm's mean degrees, and what a hidden network answers.

    Nothing of it was measured. The hidden network has the same edges and signs with other strengths
    (each times a log-normal number, sigma 0.5); its responses are disturbed by noise.
    """
    rng = np.random.default_rng([seed, 302])

    def edges(degree):
        present = rng.random((NEURONS, NEURONS)) < degree / (NEURONS - 1)
        counts = np.where(present, rng.geometric(0.4, present.shape), 0).astype(float)
        np.fill_diagonal(counts, 0.0)
        return counts

    chemical, upper = edges(IN_DEGREE), np.triu(edges(GAPS))
    signs = np.where(np.arange(NEURONS) < INHIBITORY * NEURONS, -1.0, 1.0)
    found = Connectome(chemical, upper + upper.T, signs)
    factor = rng.lognormal(0.0, 0.5, (2, NEURONS, NEURONS))
    gaps = upper * factor[1]
    hidden = Connectome(chemical * factor[0], gaps + gaps.T, signs)
    true = responses(hidden, np.arange(NEURONS))
    spread = np.abs(true[~np.eye(NEURONS, dtype=bool)]).mean()
    measured = true + NOISE * spread * rng.standard_normal(true.shape)
    names = tuple(f"N{index}" for index in range(NEURONS))
    return Experiment(found, measured, np.zeros_like(true), names)
