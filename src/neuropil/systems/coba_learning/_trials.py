"""Trials: two groups of Poisson trains, one of them stronger, and a background."""

import numpy as np

from ._plan import ASKED, BACKGROUND, BACKGROUND_TRAINS, EVIDENCE, GROUP, STRONG, WEAK, Plan

TRAINS = 2 * GROUP + BACKGROUND_TRAINS
CLASSES = ("first", "second")


def trials(count: int, plan: Plan, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return spikes `[trial, time, train]` and the stronger group of every trial, half each."""
    rng = np.random.default_rng(seed)
    stronger = rng.permutation(np.arange(count) % 2)
    chance = np.zeros((count, plan.ticks, TRAINS), np.float32)
    chance[:, :, 2 * GROUP :] = BACKGROUND
    shown = round(EVIDENCE / plan.tick)
    for group in (0, 1):
        rate = np.where(stronger == group, STRONG, WEAK)
        chance[:, :shown, group * GROUP : (group + 1) * GROUP] = rate[:, None, None]
    chance *= plan.tick / 1000.0
    return rng.random(chance.shape, np.float32) < chance, stronger


def first_asked(plan: Plan) -> int:
    """Return the tick from which on answers count."""
    return round(ASKED / plan.tick)
