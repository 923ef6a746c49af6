"""How networks are built and how long their phases are."""

import enum
from collections.abc import Callable
from dataclasses import dataclass, replace

from ...tasks import Task, digits, fashion_mnist
from .._settings import setting


class Kind(enum.Enum):
    """What the neurons are."""

    UNITS = "units"
    SPIKES = "spikes"


@dataclass(frozen=True)
class Settings:
    """What can be set on the command line; None takes what suits the kind of network."""

    kind: Kind = setting(Kind.UNITS, "neurons: units without a memory, or spiking")
    hidden: int | None = setting(None, "hidden neurons", least=1, most=10_000)
    cycles: int | None = setting(None, "times that dendrites are added", least=1, most=20)
    epochs: int | None = setting(None, "passes over the training set in each neuron phase", least=1)
    steps: int | None = setting(None, "steps of each dendrite phase, on all samples", least=1)
    rate: float | None = setting(None, "learning rate of the neuron phases", least=0)


@dataclass(frozen=True)
class Plan:
    """How a network is built and trained.

    `hidden` neurons; `ticks` that a sample lasts; `cycles` with dendrites; `epochs` of a neuron
    phase; `steps` of a dendrite phase; `rate` of neurons; `batch_size`; `ascent_rate` of
    dendrites.
    """

    kind: Kind
    hidden: int
    ticks: int
    cycles: int
    epochs: int
    steps: int
    rate: float
    batch_size: int = 128
    ascent_rate: float = 1e-2


TICK_MS = 10.0
PLANS = {
    Kind.UNITS: Plan(Kind.UNITS, 4, 1, cycles=3, epochs=60, steps=400, rate=3e-3),
    Kind.SPIKES: Plan(Kind.SPIKES, 6, 10, cycles=2, epochs=40, steps=200, rate=1e-2),
}
LOADERS: dict[str, Callable[[], Task]] = {"digits": digits, "fashion-mnist": fashion_mnist}


def plan_for(settings: Settings, data: str, quick: bool) -> Plan:
    """Return the plan of a kind of network with what was set in its place."""
    plan = PLANS[settings.kind]
    if data == "fashion-mnist":  # forty times the samples: fewer passes, dendrites on batches
        plan = replace(plan, hidden=8, epochs=max(2, plan.epochs // 12), cycles=2)
    if quick:
        plan = replace(plan, cycles=1, epochs=max(2, plan.epochs // 4), steps=plan.steps // 4)
    named = {n: v for n, v in vars(settings).items() if n != "kind" and v is not None}
    return replace(plan, **named)
