"""The networks before they grow, and what they are shown."""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from ...cells import Units, leaky_integrator, lif
from ...coding import latency
from ...connectivity import Dense, normal
from ...core import Input, Link, Network, chain
from ...tasks import Task
from ...training import Arrays
from ._plan import TICK_MS, Kind, Plan


def build(plan: Plan, features: int, classes: int, key) -> Network:
    """Return a network of one hidden layer."""
    into, out = Dense(features, plan.hidden), Dense(plan.hidden, classes)
    one, other = jax.random.split(key)
    if plan.kind is Kind.UNITS:
        hidden, readout = Units(plan.hidden, jnp.tanh), Units(classes, jax.nn.identity)
        gain = 1.0
    else:
        hidden, readout = lif(plan.hidden), leaky_integrator(classes)
        gain = 2.0  # spikes are few
    first = Link(into, normal(into, one, gain=gain))
    return chain(Input(features), first, hidden, Link(out, normal(out, other)), readout, key=key)


def mean_over_time(output):
    """Return the scores of the classes: the readout's mean over time."""
    return jnp.mean(output, axis=0)


def samples(task: Task, plan: Plan) -> tuple[Arrays, Arrays]:
    """Return what is learnt and what is tested, all the rest: 30 % of the digits.

    Units see features in one tick, with the mean and spread that they have in training; spiking
    neurons a spike for each bright pixel, the brighter the earlier.
    """
    held = [task.validation, task.test]
    inputs = [task.train.inputs, np.concatenate([part.inputs for part in held])]
    targets = [task.train.targets, np.concatenate([part.targets for part in held])]
    if plan.kind is Kind.UNITS:
        mean, spread = inputs[0].mean(0), inputs[0].std(0)
        spread = np.where(spread > 1e-3, spread, 1.0)
        shown = [((x - mean) / spread)[:, None].astype(np.float32) for x in inputs]
    else:
        shown = [np.asarray(_spikes(plan.ticks)(x)) for x in inputs]
    train, test = (Arrays(x, y) for x, y in zip(shown, targets, strict=True))
    return train, test


@functools.cache
def _spikes(ticks):
    def of_image(x):
        return latency(x, ticks, TICK_MS, tau=40.0) * (x > 0.1) > 0

    return jax.jit(jax.vmap(of_image))
