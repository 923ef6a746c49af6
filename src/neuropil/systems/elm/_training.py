"""Training for the class that is right after the last tick."""

import functools
import math
from typing import Any

import jax
import optax

from ...core import Node
from ...training import Arrays, Fit, Scores, accuracy, cross_entropy, evaluate, fit
from ._data import Parts, for_training
from ._model import trained
from ._plan import Plan


def last(output):
    """Return what is put out in the last tick."""
    return output[-1]


LOSS, METRICS = cross_entropy(last), {"accuracy": accuracy(last)}


@functools.cache
def optimizer(plan: Plan):
    """Return Adam whose rate falls to zero along a cosine, with gradients of a norm up to 1."""
    steps = plan.epochs * math.ceil(plan.samples / plan.batch_size)
    adam = optax.inject_hyperparams(optax.adam)(optax.cosine_decay_schedule(plan.rate, steps))
    return optax.chain(optax.clip_by_global_norm(1.0), adam)


def train(node: Node, parts: Parts, plan: Plan, learn_tau: bool, key, **options: Any) -> Fit:
    """Return the node fitted to a data set; options go to `fit`."""
    return fit(
        node,
        for_training(parts.train, plan.deleted),
        loss=LOSS,
        metrics=METRICS,
        optimizer=optimizer(plan),
        epochs=plan.epochs,
        batch_size=min(plan.batch_size, len(parts.train.targets)),
        dt=plan.dt,
        key=key,
        trainable=trained(learn_tau),
        **options,
    )


def judge(node: Node, parts: Parts, plan: Plan) -> Scores:
    """Return loss and accuracy on the test part."""
    data = Arrays(*parts.test)
    return evaluate(node, data, loss=LOSS, metrics=METRICS, dt=plan.dt, key=jax.random.key(0))
