"""Shares of matches and of misses, simulated."""

from typing import NamedTuple

import numpy as np

from ._network import Recogniser, Sizes, random_patterns, replace_cells, respond


class Share(NamedTuple):
    """How many of some trials came out so."""

    count: int
    trials: int

    @property
    def value(self) -> float:
        """The share itself."""
        return self.count / self.trials

    def distance(self, expected: float) -> float:
        """How many standard errors of the expected share this one is away from it."""
        error = np.sqrt(expected * (1.0 - expected) / self.trials)
        off = abs(self.value - expected)
        return float(off / error) if error else float("inf") if off else 0.0

    def plus(self, other: "Share") -> "Share":
        """Both together."""
        return Share(self.count + other.count, self.trials + other.trials)


NONE = Share(0, 0)


def false_matches(found: Recogniser, sizes: Sizes, patterns: int, seed: int) -> Share:
    """Return how often neurons take a random pattern for one of theirs."""
    generator = np.random.default_rng([seed, 1])
    shown = random_patterns(generator, (patterns,), sizes.cells, sizes.active)
    spikes = respond(found.network, shown)
    return Share(int(spikes.sum()), spikes.size)


def recognised(found: Recogniser, sizes: Sizes, replaced: int, seed: int) -> Share:
    """Return how often neurons know the first pattern of their first segment, cells replaced."""
    generator = np.random.default_rng([seed, 2])
    shown = replace_cells(generator, found.stored[:, 0, 0], sizes.cells, replaced)
    spikes = respond(found.network, shown)
    own = np.diagonal(spikes)
    return Share(int(own.sum()), own.size)
