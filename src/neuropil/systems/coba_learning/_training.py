"""Training: all weights by Adam, through whole trials."""

import enum
import functools
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import optax

from ...core import Network, learnable_mask
from ...training import Scores, accuracy, cross_entropy, evaluate, fit
from ._network import build, recurrent, with_nmda_blocked
from ._plan import Plan
from ._trials import first_asked, trials

GAIN = 10.0  # of the readout, so that its weights are learnt at the pace of synapses


class Form(enum.Enum):
    """What is trained."""

    WHOLE = "whole"
    BLOCKED = "NMDA blocked"
    RECURRENCE_FROZEN = "recurrence frozen"
    WITHOUT_BOUNDS = "without bounds"


@functools.cache
def score(plan: Plan) -> Callable:
    """Return what turns the readout over time into a score per class."""
    first = first_asked(plan)
    return lambda output: GAIN * plan.tick * jnp.mean(output[first:], axis=0)


def untrained(plan: Plan, form: Form, key: jax.Array) -> Network:
    """Return the network as training begins."""
    network = build(plan, key, None) if form is Form.WITHOUT_BOUNDS else build(plan, key)
    return with_nmda_blocked(network) if form is Form.BLOCKED else network


@functools.cache
def optimizer(plan: Plan) -> optax.GradientTransformation:
    """Return the optimiser; always the same one, so that runs of a plan share one program."""
    return optax.chain(optax.clip_by_global_norm(1.0), optax.adam(plan.rate))


def without_recurrence(network: Network) -> Any:
    """Return the mask of what is trained where the weights between neurons are not."""
    return eqx.tree_at(recurrent, learnable_mask(network), [False] * len(recurrent(network)))


def train(network: Network, plan: Plan, form: Form, seed: int, **options: Any) -> Network:
    """Return the network fitted to trials of a seed; options go to `fit`."""

    fitted = fit(
        network,
        trials(plan.trials, plan, 2 * seed),
        loss=cross_entropy(score(plan)),
        metrics={"accuracy": accuracy(score(plan))},
        optimizer=optimizer(plan),
        epochs=plan.epochs,
        batch_size=plan.batch_size,
        dt=plan.tick,
        key=jax.random.key(seed),
        trainable=without_recurrence if form is Form.RECURRENCE_FROZEN else learnable_mask,
        checkpoint=plan.segment,
        **options,
    )
    assert isinstance(fitted.node, Network)
    return fitted.node


def judge(network: Network, plan: Plan, seed: int) -> Scores:
    """Return loss, accuracy and rates on trials that training did not see."""
    return evaluate(
        network,
        trials(plan.tests, plan, 2 * seed + 1),
        loss=cross_entropy(score(plan)),
        metrics={"accuracy": accuracy(score(plan))},
        dt=plan.tick,
        key=jax.random.key(0),
        batch_size=plan.batch_size,
    )
