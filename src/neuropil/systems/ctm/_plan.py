"""How a machine is built and trained for each task."""

import enum
from dataclasses import dataclass, fields, replace

from ...sequence import Pairing
from .._settings import setting


class Model(enum.Enum):
    """What thinks."""

    CTM = "ctm"
    LSTM = "lstm"


@dataclass(frozen=True)
class Settings:
    """What can be set on the command line; None takes what suits the task."""

    model: Model = setting(Model.CTM, "what thinks: ctm, or lstm of about as many parameters")
    size: int | None = setting(
        None,
        "of the task: length of parity (8, 16, 64), pixels of a maze (odd), numbers to sort, "
        "digits to recall",
        least=2,
        most=1000,
    )
    operations: int | None = setting(
        None, "sums and differences in a question of recall", least=0, most=100
    )
    ticks: int | None = setting(None, "inner ticks", least=1, most=1000)
    neurons: int | None = setting(None, "neurons", least=2, most=100_000)
    width: int | None = setting(None, "of the attention", least=1, most=100_000)
    heads: int | None = setting(None, "of the attention; divide the width", least=1)
    memory: int | None = setting(None, "past arrivals that a neuron reads", least=1, most=1000)
    hidden: int | None = setting(
        None, "units of a neuron's model; 0 for a shallow one", least=0, most=1000
    )
    depth: int | None = setting(None, "of the synapses; a U-Net above 1", least=1, most=100)
    pairing: Pairing | None = setting(None, "which neurons are compared")
    action: int | None = setting(None, "neurons, or pairs, that ask", least=1)
    out: int | None = setting(None, "neurons, or pairs, that answer", least=1)
    samples: int | None = setting(None, "for training; of cart-pole, episodes a pass", least=1)
    epochs: int | None = setting(None, "passes over the training set", least=1)
    batch_size: int | None = setting(None, "samples per step", least=1)
    rate: float | None = setting(None, "peak learning rate of AdamW", least=0)


@dataclass(frozen=True)
class Plan:
    """How a machine is built and trained for one task.

    `size` of the task and `operations`, as in the settings. Of the machine, the arguments of
    `sequence.continuous_thought_machine`. `samples`, how many for training, and `judged`, for
    validation and for test; `epochs`; `batch_size`; `rate`, the peak of the learning rate.
    """

    ticks: int
    neurons: int
    width: int
    samples: int
    epochs: int
    size: int = 0
    operations: int = 0
    heads: int = 2
    memory: int = 8
    hidden: int = 8
    depth: int = 1
    pairing: Pairing = Pairing.FIRST_LAST
    action: int = 16
    out: int = 16
    batch_size: int = 64
    rate: float = 1e-3
    judged: int = 1000


PLANS = {
    "digits": Plan(10, 64, 32, samples=1262, epochs=40, rate=2e-3),
    "fashion-mnist": Plan(10, 128, 64, samples=12_000, epochs=8, judged=2000),
    "parity": Plan(16, 32, 8, samples=6400, epochs=40, size=12, heads=1, hidden=4, rate=5e-3),
    "maze": Plan(30, 128, 64, samples=8000, epochs=20, size=11, heads=4, depth=2, batch_size=64),
    "sorting": Plan(24, 128, 48, samples=8000, epochs=20, size=6, rate=2e-3),
    "recall": Plan(4, 96, 32, samples=6000, epochs=30, size=2, memory=8, rate=2e-3),
    "cart-pole": Plan(2, 32, 16, samples=16, epochs=120, memory=10, action=8, out=8, rate=3e-3),
}


def plan_for(settings: Settings, task: str, quick: bool) -> Plan:
    """Return the plan of a task with what was set in its place."""
    names = {field.name for field in fields(Plan)}
    chosen = {k: v for k, v in vars(settings).items() if k in names and v is not None}
    plan = PLANS[task]
    if quick:
        plan = replace(plan, samples=min(plan.samples, 1280), epochs=min(plan.epochs, 6))
    return replace(plan, **chosen)


def described(plan: Plan, model: Model) -> dict:
    """Return a plan by name, as a report lists it."""
    return dict(vars(plan)) | {"pairing": plan.pairing.value, "model": model.value}
