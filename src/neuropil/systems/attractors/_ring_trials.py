"""Places kept in mind: a cue, a delay, and where the bump of activity is all the while."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np

from ...analysis import circular_difference, population_vector
from ...core import Average, Record, simulate
from ._neurons import SLOW, Gate
from ._ring_network import CUES, build_ring, directions

DT, BIN, BATCH = 0.2, 50.0, 16  # ms, ms, trials
BEFORE, CUE = 500.0, 250.0  # ms
NEAR, FOCUSED = 30.0, 0.25  # degrees, length of the population vector


class Places(NamedTuple):
    """Where the bump was: `error` `[bin, trial]` (degrees) from the cue, and how focused it was.

    `rates` `[bin, trial, neuron]` (Hz); `cues` `[trial]` (degrees).
    """

    error: np.ndarray
    focus: np.ndarray
    rates: np.ndarray
    cues: np.ndarray

    def kept(self) -> np.ndarray:
        """Return which trials end with a bump within 30 degrees of the cue."""
        return (np.abs(self.error[-5:].mean(0)) <= NEAR) & (self.focus[-5:].mean(0) >= FOCUSED)

    def uniform_before(self) -> float:
        """Return the mean focus in the last 200 ms before the cue."""
        at = round(BEFORE / BIN)
        return float(self.focus[at - 4 : at].mean())


def shown(cue: np.ndarray, delay: float) -> np.ndarray:
    """Return the input `[time, trial, cue]` of trials whose cues are given by number."""
    before, during, after = (round(span / DT) for span in (BEFORE, CUE, delay))
    given = np.zeros((before + during + after, len(cue), CUES), np.float32)
    given[before : before + during] = np.eye(CUES)[cue]
    return given


def remember(
    delay: float,
    trials: int,
    seed: int,
    fraction: float = 1.0,
    gate: Gate = SLOW,
    show: Callable[[int], None] = lambda done: None,
) -> Places:
    """Return where bumps went in trials with a delay (ms), each with one of eight cues."""
    network = build_ring(fraction, gate)
    neurons = network.nodes["exc"].shape[0]
    keys = jax.random.split(jax.random.key(seed), 2)
    cue = np.asarray(jax.random.randint(keys[0], (trials,), 0, CUES))
    record = {"rates": Record("exc", round(BIN / DT), Average())}
    own, found = jax.random.split(keys[1], trials), []
    for first in range(0, trials, BATCH):
        here = slice(first, first + BATCH)
        _, records = simulate(
            network,
            {"cue": shown(cue[here], delay)},
            dt=DT,
            key=own[here],
            record=record,
            output=None,
        )
        found.append(np.asarray(records.kept["rates"]) * 1000.0 / DT)
        show(min(BATCH, trials - first))
    rates = np.concatenate(found, axis=1)
    place, focus = population_vector(rates, directions(neurons))
    cues = directions(CUES)[cue]
    return Places(
        circular_difference(cues, np.nan_to_num(place)), np.nan_to_num(focus), rates, cues
    )
