"""What a rule that stops is worth."""

from typing import NamedTuple

import numpy as np

from ...coding import calibrated_threshold, confidence_over_time, right_over_time, stopping_tick
from ._settings import Settings


class Judged(NamedTuple):
    """Accuracies and latencies, in ticks counted from 1, of a rule on some samples.

    `gain`, over a fixed number of ticks, as many as the rule takes on average, rounded up; `loss`,
    what the same stopping times cost when they are dealt out anew; `share`, the rule's mean latency
    over the smallest fixed number of ticks that is as accurate.
    """

    accuracy: float
    latency: float
    gain: float
    loss: float
    share: float


def calibrate(held_out, targets, settings: Settings) -> float:
    """Return the threshold, chosen on evidence of samples that were held out."""
    return calibrated_threshold(held_out, targets, settings.tolerance)


def stopping(evidence, threshold, order=None) -> np.ndarray:
    """Return when every sample stops, by its own confidence or that of another one."""
    confidence = np.asarray(confidence_over_time(evidence))
    return np.asarray(
        stopping_tick(confidence if order is None else confidence[:, order], threshold)
    )


def judge(evidence, targets, tick: np.ndarray, random: np.random.Generator) -> Judged:
    """Return what stopping at some ticks is worth."""
    right = np.asarray(right_over_time(evidence, targets))
    each = np.arange(len(tick))
    of_rule, latency = right[tick, each].mean(), tick.mean() + 1.0
    fixed = right.mean(axis=1)
    same = fixed[min(int(np.ceil(latency)), len(fixed)) - 1]
    dealt = np.mean([right[random.permutation(tick), each].mean() for _ in range(20)])
    as_good = np.flatnonzero(fixed >= of_rule)
    needed = as_good[0] + 1 if len(as_good) else len(fixed)
    return Judged(of_rule, latency, of_rule - same, of_rule - dealt, latency / needed)
