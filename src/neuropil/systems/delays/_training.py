"""Training: weights by one cycle, delays by their own optimiser, bumps that narrow."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from ...coding import latency
from ...connectivity import LearnableDelays
from ...core import Network
from ...tasks import Task
from ...training import (
    Arrays,
    Encoded,
    Fit,
    Scores,
    accuracy,
    anneal,
    by_field,
    cross_entropy,
    evaluate,
    fit,
    per_epoch,
)
from ._network import NARROW, trainable, with_whole_delays
from ._plan import TICK_MS, Mechanism, Plan

TICKS_OF_AN_IMAGE = 20


def narrowing(plan: Plan) -> list[Callable]:
    """Return the schedules of the bumps: narrow geometrically, then stand on whole lags.

    Bumps that are only narrowed like to end half-way between two lags; from the moment they are
    narrow, they stand on the nearest lag while the gradient still moves the delay behind it.
    """
    start, last = plan.longest / 2, max(1, round(plan.narrowing * plan.epochs))

    def width(epoch):
        if epoch >= 0.75 * plan.epochs:
            return 0.0
        return max(NARROW, start * (NARROW / start) ** (epoch / last))

    def delayed(network):
        bumps = [p.connectivity for p in network.projections]
        return [c for c in bumps if isinstance(c, LearnableDelays)]

    return [
        anneal(lambda n: [c.width for c in delayed(n)], width),
        anneal(lambda n: [c.rounding for c in delayed(n)], lambda epoch: float(epoch >= last)),
    ]


def train(
    network: Network, task: Task, plan: Plan, mechanism: Mechanism, key, **options: Any
) -> Fit:
    """Return the network fitted to a task; options go to `fit`."""
    pace = {"size": len(task.train), "batch_size": min(plan.batch_size, len(task.train))}
    adam = optax.inject_hyperparams(optax.adam)  # so that the log shows the rate
    one_cycle = optax.cosine_onecycle_schedule(plan.epochs, plan.rate, 0.3, 25.0, 100.0)
    optimizer = adam(per_epoch(one_cycle, **pace))
    schedules: list[Callable] = []
    if mechanism in (Mechanism.LEARNED, Mechanism.LOCAL):
        cosine = optax.cosine_decay_schedule(plan.delay_rate, plan.epochs)
        optimizer = by_field({"delay": adam(per_epoch(cosine, **pace))}, other=optimizer)
        schedules = narrowing(plan)
    if mechanism is Mechanism.LOCAL:
        schedules = schedules[1:]
    return fit(
        network,
        samples(task, "train", plan),
        loss=cross_entropy(plan.score),
        metrics={"accuracy": accuracy(plan.score)},
        optimizer=optimizer,
        epochs=plan.epochs,
        batch_size=plan.batch_size,
        dt=TICK_MS,
        key=key,
        schedules=schedules,
        trainable=functools.partial(trainable, mechanism),
        evaluated_as=with_whole_delays,
        **options,
    )


def spikes_of_image(x, key):
    """Return one spike per pixel that is not blank, the brighter the earlier."""
    spikes = latency(x, TICKS_OF_AN_IMAGE, TICK_MS, tau=80.0) * (x > 0.1)
    return spikes > 0


def samples(task: Task, part: str, plan: Plan) -> Arrays | Encoded:
    """Return a part of a task as spikes, with silence at the end in which late ones arrive."""
    split = getattr(task, part)
    silence = plan.longest // 2 * (len(plan.hidden) + plan.readout_delays)
    if task.dt is None:

        def encode(x, key):
            return jnp.pad(spikes_of_image(x, key), ((0, silence), (0, 0)))

        return Encoded(split.inputs, split.targets, encode)
    return Arrays(np.pad(split.inputs, ((0, 0), (0, silence), (0, 0))), split.targets)


def judge(network: Network, task: Task, plan: Plan) -> Scores:
    """Return loss, accuracy and rates on the test part."""
    return evaluate(
        network,
        samples(task, "test", plan),
        loss=cross_entropy(plan.score),
        metrics={"accuracy": accuracy(plan.score)},
        dt=TICK_MS,
        key=jax.random.key(0),
    )
