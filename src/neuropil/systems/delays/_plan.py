"""How a network with delays is built and trained on each data set."""

import enum
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import jax.numpy as jnp

from ...coding import softmax_over_time
from ...tasks import Task, digits, fashion_mnist, interval, shd, spoken_digits
from .._settings import setting

TICK_MS = 10.0


class Mechanism(enum.Enum):
    """What the synapses can do about time."""

    LEARNED = "learned"
    FIXED = "fixed"
    NONE = "none"
    LOCAL = "local"


@dataclass(frozen=True)
class Settings:
    """What can be set on the command line; None takes what suits the data."""

    mechanism: Mechanism = setting(
        Mechanism.LEARNED,
        "delays: learned; fixed at random; none; local (learned, but narrow from the start)",
    )
    hidden: tuple[int, ...] | None = setting(
        None, "neurons in each hidden layer", least=1, most=10_000
    )
    longest: int | None = setting(None, "longest delay, in ticks of 10 ms", least=1, most=1000)
    epochs: int | None = setting(None, "passes over the training set", least=1)
    batch_size: int | None = setting(None, "samples per step", least=1)
    rate: float | None = setting(None, "peak learning rate of the weights", least=0)
    delay_rate: float | None = setting(None, "peak learning rate of the delays, in ticks", least=0)


@dataclass(frozen=True)
class Plan:
    """How a network is built and trained on one data set.

    `hidden`, neurons per layer; `longest` delay in ticks; `tau` of the membranes in ms; `epochs`;
    `batch_size`; `rate` and `delay_rate`, peak learning rates of weights and delays (ticks);
    `narrowing`, the share of the epochs in which the bumps narrow; `readout_delays`, whether the
    readout has delays; `score`, from the readout's potential over time to a score per class.
    """

    hidden: tuple[int, ...]
    longest: int
    tau: float
    epochs: int
    batch_size: int
    rate: float = 5e-3
    delay_rate: float = 0.1
    narrowing: float = 0.25
    readout_delays: bool = True
    score: Callable[[Any], Any] = softmax_over_time


def summed(output):
    """Return the readout's potential summed over time, a score that is linear in the spikes."""
    return jnp.sum(output, axis=0)


PLANS = {
    "digits": Plan((128,), 20, 20.0, epochs=15, batch_size=32, rate=1e-2),
    # Nearly memoryless, so that all memory is in the delays.
    "spoken-digits": Plan((24,), 24, 10.05, epochs=15, batch_size=32, rate=2e-2, delay_rate=0.2),
    # Summed potentials, so that only a hidden neuron can detect a coincidence: a softmax in every
    # tick would let the readout detect those between hidden neurons, delays learnt or not.
    "interval": Plan(
        (16,),
        24,
        10.05,
        epochs=40,
        batch_size=32,
        rate=2e-2,
        narrowing=0.5,
        readout_delays=False,
        score=summed,
    ),
    "fashion-mnist": Plan((256,), 12, 15.0, epochs=10, batch_size=128),
    "shd": Plan((256, 256), 24, 10.05, epochs=150, batch_size=256),
}
LOADERS: dict[str, Callable[[], Task]] = {
    "digits": digits,
    "spoken-digits": spoken_digits,
    "interval": interval,
    "fashion-mnist": fashion_mnist,
    "shd": shd,
}


def plan_for(settings: Settings, data: str, quick: bool) -> Plan:
    """Return the plan of a data set with what was set in its place."""
    chosen = {
        name: value
        for name, value in vars(settings).items()
        if name != "mechanism" and value is not None
    }
    plan = PLANS[data]
    if quick:
        plan = replace(plan, epochs=max(4, plan.epochs // 5))
    return replace(plan, **chosen)
