"""One run into a folder, for the command line."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from .._settings import setting
from .._system import Outcome, RunContext
from ._data import measured_worm, synthetic_worm
from ._measures import Experiment, agreement, pairs, ranks, responses_at
from ._network import DT, EVERY, potentials, resting

SOURCES: Mapping[str, Callable[[int], Experiment]] = {
    "worm": lambda seed: measured_worm(),
    "synthetic": synthetic_worm,
}

SCATTER = "points/rank of the simulated response over rank of the measured one/pairs"


@dataclass(frozen=True)
class Settings:
    """What can be set on the command line."""

    shown: int = setting(8, "responding neurons whose potentials are drawn", least=1, most=50)


def run(settings: Settings, context: RunContext) -> Outcome:
    """Drive every neuron that the pairs begin with, into a run folder."""
    case = SOURCES[context.data](context.seed)
    found = case.found
    pre, post = pairs(case)
    driven = np.bincount(pre).argmax()
    v = potentials(found, np.array([driven]))[:, 0]
    others = np.delete(np.arange(len(found.signs)), driven)
    strongest = others[np.argsort(-np.abs(v[:, others]).max(0))][: settings.shown]
    figures, simulated = agreement(case, found), responses_at(case, found)
    metrics = {
        "rank_correlation": figures["rank"],
        "sign_agreement": figures["sign"],
        "matching_signs": figures["share"],
        "pairs": float(len(pre)),
    }
    arrays = {
        "weights/chemical (signed)/after": found.chemical * found.signs[:, None],
        "weights/electrical/after": found.electrical,
        SCATTER: np.stack([ranks(case.measured[pre, post]), ranks(simulated)]),
        "traces/cells/time": np.arange(len(v)) * DT * EVERY,
        "traces/cells/values": (v + resting(found))[:, strongest],
    }
    setup = {
        "neurons": len(found.signs),
        "driven_neurons": len(np.unique(pre)),
        "measured_negative_pairs": int((case.measured[pre, post] < 0).sum()),
        "traces_of_driven_neuron": int(driven),
        "tick_ms": DT,
    }
    return Outcome(metrics, arrays, tick_ms=DT, setup=setup)
