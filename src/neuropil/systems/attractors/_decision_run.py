"""One run of choices into a folder, for the command line."""

from dataclasses import dataclass

import jax
import numpy as np

from .._settings import setting
from .._system import Outcome, RunContext
from ._bar import bar
from ._decision_claims import COHERENCES, censored
from ._decision_network import build_decision, groups_of
from ._decision_trials import BIN, DT, decide, evidence
from ._psychometric import fitted
from ._shown import one_trial

SHOWN, RATES_SHOWN = 0.128, 8  # coherence, trials


@dataclass(frozen=True)
class Settings:
    """What can be set on the command line; None takes what suits the form of the run."""

    trials: int = setting(16, "of each coherence", least=2, most=10_000)
    fraction: float | None = setting(
        None, "of the 1,600 and 400 neurons; conductances grow as it falls", least=0.1, most=1.0
    )


def run(settings: Settings, context: RunContext) -> Outcome:
    """Simulate trials of all coherences, into a run folder."""
    fraction = settings.fraction
    if fraction is None:
        fraction = 0.25 if context.quick else 1.0
    with bar(settings.trials * len(COHERENCES), context.show) as show:
        found = {
            c: decide(c, settings.trials, context.seed, fraction, show=show) for c in COHERENCES
        }
    right = [int(choices.correct.sum()) for choices in found.values()]
    function = fitted(COHERENCES, right, settings.trials)
    network = build_decision(fraction)
    given = evidence(SHOWN, 1, jax.random.key(context.seed))[:, 0]
    arrays = one_trial(network, {"evidence": given}, DT, context.seed) | curves(found, function)
    means = {c: float(censored(choices.time).mean()) for c, choices in found.items()}
    metrics = {
        "threshold_percent": 100.0 * function.threshold,
        "slope": function.slope,
        f"ms_at_{COHERENCES[0]:.1%}": means[COHERENCES[0]],
        f"ms_at_{COHERENCES[-1]:.1%}": means[COHERENCES[-1]],
    }
    setup = {
        "pyramidal_cells": network.nodes["exc"].shape[0],
        "cells_of_each_pool": groups_of(network.nodes["exc"].shape[0])[0],
        "interneurons": network.nodes["inh"].shape[0],
        "coherences": [f"{c:.1%}" for c in COHERENCES],
        "coherence_of_the_trial_shown": f"{SHOWN:.1%}",
        "tick_ms": DT,
    }
    return Outcome(metrics, arrays, tick_ms=DT, setup=setup)


def curves(found, function) -> dict[str, np.ndarray]:
    """Return the psychometric function, reaction times, and rates of the pools in a few trials."""
    percent = 100.0 * np.array(list(found))
    trials = len(next(iter(found.values())).correct)
    share = np.array([choices.correct.mean() for choices in found.values()])
    error = np.sqrt(np.maximum(share * (1 - share), 0.25 / trials) / trials)
    fine = np.linspace(0.0, percent[-1], 200)
    groups = {"right": [], "wrong": []}
    for c, choices in found.items():
        time = censored(choices.time)
        for name, these in (("right", time[choices.correct]), ("wrong", time[~choices.correct])):
            if len(these) > 1:
                groups[name].append((100.0 * c, these.mean(), these.std() / np.sqrt(len(these))))
    drawn = {
        "curves/choices that are right (%) over coherence (%)/trials": np.stack(
            [percent, 100.0 * share, 100.0 * error]
        ),
        "curves/choices that are right (%) over coherence (%)/Weibull": np.stack(
            [fine, 100.0 * function.at(fine / 100.0)]
        ),
    }
    for name, rows in groups.items():
        if rows:
            drawn[f"curves/reaction time (ms) over coherence (%)/{name}"] = np.array(rows).T
    rates = found[SHOWN].rates.mean(1)
    time = BIN * (np.arange(len(rates)) + 0.5)
    for index, name in enumerate(("more evidence", "less evidence", "neither")):
        drawn[f"curves/mean rate of the pool (Hz) over time (ms)/{name}"] = np.stack(
            [time, rates[:, index]]
        )
    return {name: np.asarray(line, np.float32) for name, line in drawn.items()}
