"""How simulated responses compare with measured ones."""

from typing import NamedTuple

import numpy as np

from ._network import Connectome, responses
from ._shuffle import shuffled

SIGNIFICANT = 0.05


class Experiment(NamedTuple):
    """A connectome, measured responses `[stimulated, responding]` with their q, and names."""

    found: Connectome
    measured: np.ndarray
    q: np.ndarray
    names: tuple[str, ...]


def pairs(experiment: Experiment) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and second neurons of directly connected pairs with a clear response."""
    found, measured, q, _ = experiment
    linked = (found.chemical > 0) | (found.electrical > 0)
    clear = np.isfinite(measured) & (np.nan_to_num(q, nan=1.0) < SIGNIFICANT)
    pre, post = np.nonzero(linked & clear & ~np.eye(len(q), dtype=bool))
    return pre, post


def ranks(values: np.ndarray) -> np.ndarray:
    """Return ranks from 0, their mean where values are equal."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts + 1) / 2)[place]


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Return Spearman's correlation, 0 where one of them does not vary."""
    a, b = ranks(a) - ranks(a).mean(), ranks(b) - ranks(b).mean()
    scale = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / scale) if scale > 0 else 0.0


def sign_agreement(simulated: np.ndarray, measured: np.ndarray) -> float:
    """Return the share of matching signs, averaged over positive and negative measured ones."""
    match = np.sign(simulated) == np.sign(measured)
    return float(np.mean([match[measured > 0].mean(), match[measured < 0].mean()]))


def responses_at(experiment: Experiment, simulated: Connectome) -> np.ndarray:
    """Return the responses of some connectome, over the experiment's pairs."""
    pre, post = pairs(experiment)
    driven, row = np.unique(pre, return_inverse=True)
    return responses(simulated, driven)[row, post]


def agreement(experiment: Experiment, simulated: Connectome) -> dict[str, float]:
    """Return both statistics of the responses of some connectome, over the experiment's pairs."""
    pre, post = pairs(experiment)
    own, measured = responses_at(experiment, simulated), experiment.measured[pre, post]
    share = np.mean(np.sign(own) == np.sign(measured))
    return {
        "rank": rank_correlation(own, measured),
        "sign": sign_agreement(own, measured),
        "share": float(share),
    }


def rewired(found: Connectome, rng: np.random.Generator) -> Connectome:
    """Return a connectome of the same degrees; neurons keep their signs."""
    electrical = shuffled(found.electrical, rng, symmetric=True)
    return Connectome(shuffled(found.chemical, rng), electrical, found.signs)


def recounted(found: Connectome, rng: np.random.Generator) -> Connectome:
    """Return a connectome with the same edges; how many synapses each has is drawn from all."""

    def permuted(counts):
        after = np.zeros_like(counts)
        after[counts > 0] = rng.permutation(counts[counts > 0])
        return after

    upper = permuted(np.triu(found.electrical))
    electrical = upper + np.triu(upper, 1).T
    return Connectome(permuted(found.chemical), electrical, found.signs)


def input_strength(experiment: Experiment) -> np.ndarray:
    """Return how many synapses and gap junctions the second neuron of every pair receives."""
    found = experiment.found
    return (found.chemical + found.electrical).sum(0)[pairs(experiment)[1]]


def p_value(value: float, others: np.ndarray) -> float:
    """Return the one-sided p of a value among those of shuffled connectomes."""
    return float((1 + np.sum(np.asarray(others) >= value)) / (len(others) + 1))
