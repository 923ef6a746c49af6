"""What the neuron is shown, how it starts and for how long it learns."""

import enum
from collections.abc import Callable
from dataclasses import dataclass, replace

from ...tasks import Samples, markov_or_poisson, poisson_rates, regular_or_poisson, spike_pairs
from .._settings import setting

TICK_MS = 1.0
TEST_SEED = 1_000_000
"""What is added to a seed for the samples of the test."""


class Neuron(enum.Enum):
    """Which neuron learns."""

    LIF = "lif"
    META = "meta"


class Learns(enum.Enum):
    """Which of its parameters."""

    WEIGHTS = "weights"
    THRESHOLD = "threshold"
    ALL = "all"


@dataclass(frozen=True)
class Settings:
    """What can be set on the command line; None takes what suits the data."""

    neuron: Neuron = setting(Neuron.LIF, "the neuron: lif, or meta, of second order")
    learns: Learns = setting(
        Learns.ALL, "what learns: weights; with them the threshold; or all parameters"
    )
    epochs: int | None = setting(None, "passes over the training set", least=1)
    samples: int | None = setting(None, "samples for training, and as many to test", least=4)
    rate: float | None = setting(None, "learning rate of weights", least=0)
    parameter_rate: float | None = setting(None, "learning rate of logarithms", least=0)


@dataclass(frozen=True)
class Plan:
    """One data set, and the neuron that it meets.

    `make`, called as `make(samples, seed=...)`; `spikes`, the class for which the neuron should
    spike; `classes`, their names; `tau` (ms), `threshold` (mV) and `weight` (mV) before learning;
    `relay`, the mean weight of the neuron whose complexity is read, and `relay_tau` (ms).
    """

    make: Callable[..., Samples]
    spikes: int
    classes: tuple[str, str]
    tau: float
    threshold: float
    weight: float
    relay: float
    relay_tau: float
    epochs: int = 40
    samples: int = 400
    rate: float = 1e-2
    parameter_rate: float = 3e-2


PLANS = {
    "rates": Plan(poisson_rates, 1, ("20 Hz", "40 Hz"), 20.0, 2.0, 0.15, 0.15, 20.0, samples=200),
    "pairs": Plan(spike_pairs, 0, ("3 ms apart", "25 ms apart"), 100.0, 5.0, 0.4, 0.15, 20.0),
    "regular-against-poisson": Plan(
        regular_or_poisson, 1, ("regular", "Poisson"), 20.0, 2.0, 1.2, 1.2, 5.0, samples=200
    ),
    "markov": Plan(
        markov_or_poisson, 0, ("Markov chain", "Poisson"), 20.0, 3.0, 1.2, 1.2, 5.0, samples=200
    ),
}


def plan_for(settings: Settings, data: str, quick: bool) -> Plan:
    """Return the plan of a data set with what was set in its place."""
    plan = PLANS[data]
    if quick:
        plan = replace(plan, epochs=max(2, plan.epochs // 4))
    named = {
        name: value
        for name, value in vars(settings).items()
        if name not in ("neuron", "learns") and value is not None
    }
    return replace(plan, **named)
