"""Many choices at once: evidence that fluctuates, rates of the pools, choices and their times."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ...core import Average, Record, simulate
from ._decision_network import build_decision, groups_of
from ._neurons import SLOW, Gate

DT, BIN, SMOOTHED, BATCH = 0.2, 5.0, 50.0, 16  # ms, ms, ms, trials
MEAN_EVIDENCE, SPREAD_EVIDENCE, RENEWED = 40.0, 4.0, 50.0  # Hz, Hz, ms
DECIDED = 15.0  # Hz
BEFORE, STIMULUS, AFTER = 500.0, 1500.0, 500.0  # ms


@dataclass(frozen=True)
class GroupMeans:
    """Keeps the mean over each of several groups that follow each other."""

    sizes: tuple[int, ...]

    def __call__(self, value):
        """Return one mean per group."""
        edges = np.cumsum((0, *self.sizes))
        return jnp.stack([value[a:b].mean() for a, b in zip(edges[:-1], edges[1:], strict=True)])


class Choices(NamedTuple):
    """What trials of one coherence ended in.

    `correct`, whether the pool with more evidence won; `time` (ms), from the onset of evidence
    until the first smoothed rate of a pool reached 15 Hz, NaN where none did; `kept`, whether the
    choice was still held when evidence had been gone for half a second; `rates`
    `[bin, trial, group]` (Hz), the pool with more evidence first.
    """

    correct: np.ndarray
    time: np.ndarray
    kept: np.ndarray
    rates: np.ndarray


def evidence(coherence: float, trials: int, key) -> np.ndarray:
    """Return the rates `[time, trial, 2]` (Hz) that evidence adds, drawn anew every 50 ms."""
    mean = MEAN_EVIDENCE * np.array([1.0 + coherence, 1.0 - coherence])
    periods, ticks = round(STIMULUS / RENEWED), round(RENEWED / DT)
    noise = np.asarray(jax.random.normal(key, (periods, trials, 2)))
    rates = np.repeat(np.maximum(mean + SPREAD_EVIDENCE * noise, 0.0), ticks, axis=0)
    none = [np.zeros((round(span / DT), trials, 2)) for span in (BEFORE, AFTER)]
    return np.concatenate([none[0], rates, none[1]]).astype(np.float32)


def decide(
    coherence: float,
    trials: int,
    seed: int,
    fraction: float = 1.0,
    gate: Gate = SLOW,
    show: Callable[[int], None] = lambda done: None,
) -> Choices:
    """Return the choices of trials of one coherence, from 0 to 1."""
    network = build_decision(fraction, gate)
    groups = groups_of(network.nodes["exc"].shape[0])
    record = {"rates": Record("exc", round(BIN / DT), Average(GroupMeans(groups)))}
    keys = jax.random.split(jax.random.fold_in(jax.random.key(seed), round(1e4 * coherence)), 2)
    given = evidence(coherence, trials, keys[0])
    own, found = jax.random.split(keys[1], trials), []
    for first in range(0, trials, BATCH):
        here = slice(first, first + BATCH)
        _, records = simulate(
            network, {"evidence": given[:, here]}, dt=DT, key=own[here], record=record, output=None
        )
        found.append(np.asarray(records.kept["rates"]) * 1000.0 / DT)
        show(min(BATCH, trials - first))
    return judged(np.concatenate(found, axis=1))


def judged(rates: np.ndarray) -> Choices:
    """Return choices from rates `[bin, trial, group]` (Hz)."""
    width = round(SMOOTHED / BIN)
    total = np.cumsum(np.concatenate([np.zeros((width, *rates.shape[1:])), rates]), axis=0)
    smooth = (total[width:] - total[:-width])[..., :2] / width
    onset, end = round(BEFORE / BIN), round((BEFORE + STIMULUS) / BIN)
    during = smooth[onset:end]
    over = (during >= DECIDED).any(-1)
    decided = over.any(0)
    first = np.where(decided, over.argmax(0), len(during) - 1)
    at = during[first, np.arange(rates.shape[1])]
    correct = at[:, 0] > at[:, 1]
    time = np.where(decided, (first + 1) * BIN, np.nan)
    last = rates[-round(200.0 / BIN) :, :, :2].mean(0)
    chosen = np.where(correct, last[:, 0], last[:, 1])
    other = np.where(correct, last[:, 1], last[:, 0])
    return Choices(correct, time, decided & (chosen >= DECIDED) & (other < DECIDED), rates)
