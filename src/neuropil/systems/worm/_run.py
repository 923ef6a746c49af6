"""One run into a folder, for the command line."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .._errors import choose
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
    """What can be set on the command line; None takes the neuron with which most pairs begin."""

    driven: str | None = setting(None, "names of neurons that are driven together, as in AVAL,AVAR")
    shown: int = setting(6, "responding neurons whose potentials are drawn", least=1, most=6)


def run(settings: Settings, context: RunContext) -> Outcome:
    """Drive every neuron that the pairs begin with, and those that were chosen, into a folder."""
    case = SOURCES[context.data](context.seed)
    found = case.found
    pre, post = pairs(case)
    driven = chosen(settings.driven, case.names) if settings.driven else [np.bincount(pre).argmax()]
    v = potentials(found, [driven])[:, 0]
    others = np.delete(np.arange(len(found.signs)), driven)
    strongest = others[np.argsort(-np.abs(v[:, others]).max(0))][: settings.shown]
    figures, simulated = agreement(case, found), responses_at(case, found)
    metrics = {
        "rank_correlation": figures["rank"],
        "sign_agreement": figures["sign"],
        "matching_signs": figures["share"],
        "pairs": float(len(pre)),
    }
    arrays = {SCATTER: np.stack([ranks(case.measured[pre, post]), ranks(simulated)])}
    for neuron in strongest:
        name = case.names[neuron]
        arrays[f"traces/{name}/time"] = np.arange(len(v)) * DT * EVERY
        arrays[f"traces/{name}/values"] = (v + resting(found))[:, [neuron]]
    setup = {
        "neurons": len(found.signs),
        "driven_neurons": len(np.unique(pre)),
        "measured_negative_pairs": int((case.measured[pre, post] < 0).sum()),
        "traces_while_driving": ", ".join(case.names[neuron] for neuron in driven),
        "tick_ms": DT,
    }
    return Outcome(metrics, arrays, tick_ms=DT, setup=setup)


def chosen(written: str, names: Sequence[str]) -> list[int]:
    """Return the neurons of names that are separated by commas."""
    wanted = [name.strip() for name in written.split(",")]
    return [names.index(choose(name, "driven", names)) for name in wanted]
