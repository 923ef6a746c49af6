"""Training for the answer at the best tick and at the most certain one."""

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from ...core import Node, simulate
from ...training import (
    Fit,
    ctc,
    evaluate,
    fit,
    last_tick,
    tick_accuracy,
    tick_cross_entropy,
)
from ._data import Parts
from ._plan import Model, Plan

AHEAD = 5  # steps of a way that count beyond those that are right
DT = 1.0


class Judged(NamedTuple):
    """What a network does on samples: means of the loss and the accuracy."""

    loss: float
    accuracy: float


class Spelled(NamedTuple):
    """The accuracy of lists that ticks spell out: the share of places that are right."""

    readout: Any

    def __call__(self, records, targets):
        """Return one value per sample."""
        written = spell(self.readout(records.output), targets.shape[1])
        return jnp.mean((written == targets).astype(jnp.float32), axis=1)


def spell(scores, length: int):
    """Return what is written `[batch, place]`, -1 where nothing is.

    In every tick the likeliest class; then what repeats the tick before, and the last class, which
    is the blank, are left out.

    >>> spell(jnp.eye(3)[jnp.array([[0, 0, 2, 1, 2]])], 3).tolist()
    [[0, 1, -1]]
    """
    blank = scores.shape[-1] - 1
    best = jnp.argmax(scores, axis=-1)
    before = jnp.pad(best[:, :-1], ((0, 0), (1, 0)), constant_values=blank)
    is_new = (best != before) & (best != blank)
    place = jnp.where(is_new, jnp.cumsum(is_new, axis=1) - 1, length)
    rows = jnp.arange(len(best))[:, None]
    return jnp.full((len(best), length), -1).at[rows, place].set(best, mode="drop")


def reader(positions: int | None):
    """Return what reads answers of the last item, `[batch, tick, (position,) class]`."""
    return functools.partial(_read, positions)


def _read(positions, output):
    scores = output[-1]
    if positions is None:
        return scores
    return scores.reshape(*scores.shape[:2], positions, -1)


def outputs_of(task: str, parts: Parts) -> int:
    """Return how many numbers an answer has."""
    blank = 1 if task == "sorting" else 0
    return (parts.positions or 1) * (len(parts.classes) + blank)


def objective(task: str, parts: Parts, model: Model) -> tuple[Callable, Callable]:
    """Return loss and accuracy; certainty chooses a tick of a machine, not of an LSTM."""
    return _objective(task, parts.positions, model)


@functools.cache
def _objective(task, positions, model):
    read = reader(positions)
    if task == "sorting":
        return ctc(read), Spelled(read)
    chosen = last_tick if model is Model.LSTM else None
    ahead = AHEAD if task == "maze" else None
    loss = tick_cross_entropy(read, ahead=ahead, chosen=chosen)
    return loss, tick_accuracy(read, chosen=chosen)


@functools.cache
def optimizer(rate: float, steps: int):
    """Return AdamW with warm-up and a cosine, and gradients of a norm up to 1."""
    schedule = optax.warmup_cosine_decay_schedule(0.0, rate, max(1, steps // 20), max(2, steps))
    adam = optax.inject_hyperparams(optax.adamw)(schedule, weight_decay=0.0)
    return optax.chain(optax.clip_by_global_norm(1.0), adam)


def train(
    node: Node, task: str, parts: Parts, plan: Plan, key, model: Model = Model.CTM, **options: Any
) -> Fit:
    """Return the node fitted to a task; options go to `fit`."""
    loss, accuracy = objective(task, parts, model)
    size = min(plan.batch_size, len(parts.train.targets))
    steps = plan.epochs * math.ceil(len(parts.train.targets) / size)
    return fit(
        node,
        parts.encoded(parts.train),
        loss=loss,
        metrics={"accuracy": accuracy},
        optimizer=optimizer(plan.rate, steps),
        epochs=plan.epochs,
        batch_size=size,
        dt=DT,
        key=key,
        **options,
    )


def judge(node: Node, task: str, parts: Parts, model: Model = Model.CTM) -> Judged:
    """Return loss and accuracy on the test part."""
    loss, accuracy = objective(task, parts, model)
    found = evaluate(
        node,
        parts.encoded(parts.test),
        loss=loss,
        metrics={"accuracy": accuracy},
        dt=DT,
        key=jax.random.key(0),
    )
    return Judged(**found.values)


def answers(node: Node, parts: Parts, samples: int) -> np.ndarray:
    """Return scores of the first test samples, `[sample, tick, (position,) class]`."""
    data = parts.encoded(parts.test)
    inputs, _ = data.take(np.arange(samples), jax.random.split(jax.random.key(0), samples))
    _, records = simulate(node, inputs, dt=DT, key=jax.random.key(0))
    return np.asarray(_read(parts.positions, records.output))
