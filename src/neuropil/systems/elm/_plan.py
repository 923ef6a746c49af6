"""How a neuron is built and trained on each data set."""

import enum
from dataclasses import dataclass, replace

from .._settings import setting


class Mechanism(enum.Enum):
    """What remembers."""

    ELM = "elm"
    FAST = "fast"
    LINEAR = "linear"
    LSTM = "lstm"


@dataclass(frozen=True)
class Settings:
    """What can be set on the command line; None takes what suits the data."""

    mechanism: Mechanism = setting(
        Mechanism.ELM,
        "what remembers: elm; fast (elm that forgets within 10 ms, or a tick); linear (elm without "
        "hidden layer and squashing); lstm (of about as many parameters)",
    )
    version: int | None = setting(None, "version of the paper's equations", least=1, most=2)
    units: int | None = setting(None, "memory units", least=1, most=1000)
    tau_max: float | None = setting(None, "longest time constant, in ms", least=1)
    learn_tau: bool = setting(False, "whether time constants are learnt")
    samples: int | None = setting(None, "samples for training", least=1)
    epochs: int | None = setting(None, "passes over the training set", least=1)
    batch_size: int | None = setting(None, "samples per step", least=1)
    rate: float | None = setting(None, "peak learning rate", least=0)


@dataclass(frozen=True)
class Plan:
    """How a neuron is built and trained on one data set.

    `units` with time constants from `tau_min` to `tau_max` and traces of `tau` (ms), in the
    `version` chosen; `samples`, how many are drawn for training, and `judged`, for validation and
    for test; `epochs`; `batch_size`; `rate`, the peak learning rate; `deleted`, the share of
    spikes that is deleted from a sample in training; `dt`, the tick in ms.
    """

    units: int
    tau_max: float
    samples: int
    epochs: int
    tau_min: float = 1.0
    tau: float = 5.0
    version: int = 1
    batch_size: int = 32
    rate: float = 3e-3
    judged: int = 1000
    deleted: float = 0.0
    dt: float = 1.0


PLANS = {
    "delayed-recall": Plan(20, 1000.0, samples=6000, epochs=8),
    "xor": Plan(20, 150.0, samples=6000, epochs=4),
    # Ticks of 10 ms, as for the spoken digits of the paper; no time constant is below a tick.
    "spoken-adding": Plan(
        50,
        500.0,
        samples=4000,
        epochs=24,
        tau_min=10.0,
        tau=10.0,
        batch_size=16,
        rate=2e-3,
        deleted=0.2,
        dt=10.0,
    ),
    "fashion-pixels": Plan(50, 1000.0, samples=20_000, epochs=3, batch_size=64, judged=2000),
}


def plan_for(settings: Settings, data: str, quick: bool) -> Plan:
    """Return the plan of a data set with what was set in its place."""
    chosen = {
        name: value
        for name, value in vars(settings).items()
        if name not in ("mechanism", "learn_tau") and value is not None
    }
    plan = PLANS[data]
    if quick:
        plan = replace(plan, samples=min(plan.samples, 1600), epochs=min(plan.epochs, 3))
    return replace(plan, **chosen)
