"""Classes read from the output of a neuron that learns nothing."""

from typing import Any, NamedTuple

import jax
import numpy as np

from ...analysis import NearestMean, lempel_ziv_entropy_rate
from ...core import Network, simulate
from ._network import relay
from ._plan import TICK_MS, Plan
from ._training import samples


class Read(NamedTuple):
    """What the readout of complexity sees and says, of the samples of the test.

    `complexity` (bits per tick) and `counts` of output spikes; `means` of the classes in training;
    `by_complexity` and `by_counts`, accuracies; `answers`, by complexity.
    """

    complexity: np.ndarray
    counts: np.ndarray
    means: np.ndarray
    by_complexity: float
    by_counts: float
    answers: np.ndarray


def read(plan: Plan, seed: int) -> Read:
    """Return how well complexity tells the classes apart, and counts do."""
    train, test = samples(plan, seed)
    network = relay(plan, train[0].shape[2], jax.random.key(seed))
    spikes, later = (output_of(network, data) for data in (train, test))
    complexity = lempel_ziv_entropy_rate(later)
    reader = NearestMean.fit(lempel_ziv_entropy_rate(spikes), train[1])
    counter = NearestMean.fit(spikes.sum(0), train[1])
    answers = reader.predict(complexity)
    return Read(
        complexity,
        later.sum(0),
        reader.means[:, 0],
        float(np.mean(answers == test[1])),
        float(np.mean(counter.predict(later.sum(0)) == test[1])),
        answers,
    )


def output_of(network: Network, data: Any) -> np.ndarray:
    """Return the output spikes of the one neuron, `[time, sample]`."""
    inputs = np.moveaxis(data[0], 0, 1).astype(np.float32)
    _, records = simulate(network, inputs, dt=TICK_MS, key=jax.random.key(0))
    return np.asarray(records.output[..., 0])
