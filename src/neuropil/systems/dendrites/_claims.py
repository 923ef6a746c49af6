"""What dendrites must bring, and the ablations that must not."""

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from .._system import Bound, Claim, Result
from ._plan import PLANS, Kind, Plan
from ._training import control, correlations, grow, scores, shown

DATA = "digits"


class Measured(NamedTuple):
    """Of one growth: correlations of dendrites before and after their phase, and what came out."""

    before: np.ndarray
    after: np.ndarray
    loss: float
    accuracy: float


@functools.cache
def grown(plan: Plan, random: bool, seed: int) -> Measured:
    """Return what one cycle brings; a pure function, so claims share its values."""
    train, test = shown(DATA, plan)
    found = grow(DATA, plan, seed, random)
    before, after = (correlations(network, train) for network in found.dendrites[0])
    return Measured(
        np.concatenate(list(before.values())),
        np.concatenate(list(after.values())),
        scores(found.network, train)["loss"],
        scores(found.network, test)["accuracy"],
    )


@functools.cache
def controlled(plan: Plan, seed: int) -> tuple[float, float]:
    """Return training loss and test accuracy of the network that is fitted in one go."""
    network, (train, test) = control(DATA, plan, seed).node, shown(DATA, plan)
    return scores(network, train)["loss"], scores(network, test)["accuracy"]


def check_correlation(plan: Plan, of: Callable[[np.ndarray, np.ndarray], float]) -> Callable:
    """Return a check of a figure of correlations, those of new dendrites and those to be judged."""

    def check(seeds, quick, progress) -> Result:
        measured, ablated, before = [], [], []
        for seed in seeds:
            trained, random = grown(plan, False, seed), grown(plan, True, seed)
            measured.append(of(trained.before, trained.after))
            ablated.append(of(trained.before, random.after))
            before.append(trained.before.mean())
            progress(f"seed {seed}: {measured[-1]:.3f}, random dendrites {ablated[-1]:.3f}")
        details = {f"seed {seed}": value for seed, value in zip(seeds, measured, strict=True)}
        return Result(
            float(np.mean(measured)),
            float(np.mean(ablated)),
            details | {"correlation before": float(np.mean(before))},
        )

    return check


def check_loss(seeds, quick, progress) -> Result:
    """Compare the final training loss with that of the control."""
    details, ratios = {}, {False: [], True: []}
    for seed in seeds:
        loss, accuracy = controlled(ONCE, seed)
        for random in (False, True):
            ratios[random].append(grown(ONCE, random, seed).loss / loss)
        gained = grown(ONCE, False, seed).accuracy - accuracy
        details[f"seed {seed}"] = ratios[False][-1]
        details[f"seed {seed}, accuracy gained"] = gained
        progress(f"seed {seed}: loss over control {ratios[False][-1]:.3f}, accuracy {gained:+.3f}")
    return Result(float(np.mean(ratios[False])), float(np.mean(ratios[True])), details)


def ratio(before: np.ndarray, after: np.ndarray) -> float:
    """Return by how much correlations are larger."""
    return float(after.mean() / before.mean())


def share(before: np.ndarray, after: np.ndarray) -> float:
    """Return the share of neurons for which they are larger."""
    return float(np.mean(after > before))


ONCE = replace(PLANS[Kind.UNITS], cycles=1)
SPIKES = replace(PLANS[Kind.SPIKES], cycles=1)
RANDOM = "dendrites drawn at random and never trained"

CLAIMS = (
    Claim(
        name="correlation",
        statement="In their phase dendrites come to vary with the errors of their neurons.",
        bound=Bound(">=", 3.0, "over six seeds: 4.6 to 8.4; random dendrites 0.94 to 1.19"),
        ablation=RANDOM,
        check=check_correlation(ONCE, ratio),
    ),
    Claim(
        name="every neuron",
        statement="They do so in nearly every neuron.",
        bound=Bound(">=", 0.9, "over six seeds: all; random dendrites 36 to 79 %"),
        ablation=RANDOM,
        check=check_correlation(ONCE, share),
    ),
    Claim(
        name="loss",
        statement="Grown and fitted on, the network has less loss than one fitted in one go.",
        bound=Bound("<=", 0.9, "over six seeds: 0.62 to 0.76; random dendrites 1.03"),
        ablation=RANDOM,
        check=check_loss,
    ),
    Claim(
        name="spikes",
        statement="Dendrites of a spiking network come to vary with errors too.",
        bound=Bound(">=", 2.0, "over six seeds: 2.7 to 5.4; random dendrites 0.96 to 1.02"),
        ablation=RANDOM,
        quick_seeds=0,
        check=check_correlation(SPIKES, ratio),
    ),
)
