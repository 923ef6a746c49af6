"""Growth, and what it is compared with."""

import functools
from dataclasses import replace
from typing import Any

import jax
import numpy as np
import optax

from ...connectivity import normal
from ...core import Network
from ...growth import Ascent, Grown, dendrite_correlations, fit_with_dendrites
from ...training import Arrays, Fit, accuracy, cross_entropy, evaluate, fit
from ._network import build, mean_over_time, samples
from ._plan import LOADERS, TICK_MS, Plan

LOSS, ACCURACY = cross_entropy(mean_over_time), accuracy(mean_over_time)
ASCENT_BATCH = 4096


@functools.cache
def shown(data: str, plan: Plan) -> tuple[Arrays, Arrays]:
    """Return the samples for training and for tests."""
    return samples(LOADERS[data](), plan)


def start(data: str, plan: Plan, seed: int) -> tuple[Network, Any, dict[str, Any]]:
    """Return the network before training, the key of the first phase and how it learns."""
    build_key, fit_key = jax.random.split(jax.random.key(seed))
    train, _ = shown(data, plan)
    features, classes = train.inputs.shape[-1], int(train.targets.max()) + 1
    learning = {
        "loss": LOSS,
        "metrics": {"accuracy": ACCURACY},
        "optimizer": adam(plan.rate),
        "batch_size": plan.batch_size,
        "dt": TICK_MS,
        "key": fit_key,
    }
    return build(plan, features, classes, build_key), train, learning


@functools.cache
def adam(rate: float) -> optax.GradientTransformation:
    """Return the optimiser; the same one for the same rate, so that steps compile once."""
    return optax.adam(rate)


def grow(data: str, plan: Plan, seed: int, random: bool = False, **options: Any) -> Grown:
    """Return a growth; with `random` dendrites, these are drawn at full size and never trained."""
    network, train, learning = start(data, plan, seed)
    batch = None if train.size <= ASCENT_BATCH else ASCENT_BATCH
    ascent = Ascent(adam(plan.ascent_rate), plan.steps, batch_size=batch)
    if random:
        options |= {"initial": normal}
        ascent = replace(ascent, steps=1)  # of which the best are the first, not yet moved
    return fit_with_dendrites(
        network, train, cycles=plan.cycles, epochs=plan.epochs, ascent=ascent, **learning, **options
    )


def epochs_of_ascent(data: str, plan: Plan) -> int:
    """Return the epochs that have as many steps as a dendrite phase."""
    return round(plan.steps / -(-shown(data, plan)[0].size // plan.batch_size))


def control(data: str, plan: Plan, seed: int, **options: Any) -> Fit:
    """Return the same network fitted in one go, with as many steps as all phases together."""
    network, train, learning = start(data, plan, seed)
    epochs = plan.epochs + plan.cycles * (plan.epochs + epochs_of_ascent(data, plan))
    return fit(network, train, epochs=epochs, **learning, **options)


def scores(network: Network, data: Arrays) -> dict[str, float]:
    """Return loss and accuracy."""
    judged = {"loss": LOSS, "metrics": {"accuracy": ACCURACY}, "dt": TICK_MS}
    return evaluate(network, data, key=jax.random.key(0), **judged).values


def correlations(network: Network, data: Arrays) -> dict[str, np.ndarray]:
    """Return how the newest dendrites vary with errors, without their signs."""
    found = dendrite_correlations(
        network, data, loss=LOSS, dt=TICK_MS, key=jax.random.key(0), batch_size=ASCENT_BATCH
    )
    return {name: np.nan_to_num(np.abs(values)) for name, values in found.items()}
