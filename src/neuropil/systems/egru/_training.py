"""Training on windows of text, pruning, and what is measured."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from ...core import Network, Record, Records, simulate
from ...sparsity import cubic_densities, keep_pruned, prune
from ...tasks import Text
from ...training import Encoded, Fit, evaluate, fit, penalised, sequence_cross_entropy
from ._network import HIDDEN, build, listed, recurrent
from ._plan import TICK_MS, Plan, Unit

LOSS = sequence_cross_entropy()
SENT = {"sent": Record(HIDDEN)}
EVENTS = {"event": Record(f"{HIDDEN}.event")}


@dataclass(frozen=True)
class Active:
    """The share of units that send something, over time."""

    def __call__(self, records: Records, targets: Any):
        """Return one value per sample."""
        sent = records.kept["sent"]
        return jnp.mean((sent != 0).astype(sent.dtype), axis=(0, 2))


class Scores(NamedTuple):
    """What a network scores on text it was not trained on."""

    perplexity: float
    activity: float


@functools.cache
def encoding(symbols: int) -> Callable:
    """Return what turns indices of symbols into ones among zeros."""
    return lambda indices, key: jax.nn.one_hot(indices, symbols)


@functools.cache
def adam(rate: float) -> optax.GradientTransformation:
    """Return the optimiser; the same one for the same rate, so that steps compile once."""
    return optax.chain(optax.clip_by_global_norm(1.0), optax.adam(rate))


def samples(text: Text, part: str, window: int) -> Encoded:
    """Return a part of a text in windows."""
    inputs, targets = text.windows(part, window)
    return Encoded(inputs, targets, encoding(len(text.symbols)))


def train(
    network: Network,
    text: Text,
    plan: Plan,
    key,
    *,
    penalty: float = 0.0,
    optimizer: optax.GradientTransformation | None = None,
    **options: Any,
) -> Fit:
    """Return the network fitted to a text; options go to `fit`."""
    loss, record = LOSS, SENT
    if penalty:
        loss, record = penalised(LOSS, {"event": penalty}), SENT | EVENTS
    return fit(
        network,
        samples(text, "train", plan.window),
        loss=loss,
        metrics={"cross_entropy": LOSS, "activity": Active()},
        record=record,
        optimizer=adam(plan.rate) if optimizer is None else optimizer,
        epochs=plan.epochs,
        batch_size=plan.batch_size,
        dt=TICK_MS,
        key=key,
        truncate=plan.truncate if plan.truncate < plan.window else None,
        **options,
    )


def judge(network: Network, text: Text, plan: Plan, part: str = "test") -> Scores:
    """Return perplexity and activity on a part of the text, in windows of `plan.judged`."""
    found = evaluate(
        network,
        samples(text, part, plan.judged),
        loss=LOSS,
        metrics={"activity": Active()},
        record=SENT,
        dt=TICK_MS,
        key=jax.random.key(0),
    ).values
    return Scores(float(np.exp(found["loss"])), found["activity"])


class Pruned(NamedTuple):
    """A network of which a share of the recurrent weights is left, and what it scores."""

    network: Network
    density: float
    scores: Scores
    operations: float


def prune_and_tune(network: Any, text: Text, plan: Plan, key, **options: Any) -> list[Pruned]:
    """Return networks of fewer and fewer recurrent weights, each fine-tuned for an epoch.

    The first is the one that is given, as it is.
    """
    found = [measured(network, 1.0, text, plan)]
    for density in cubic_densities(plan.density, plan.prunings):
        key, own = jax.random.split(key)
        network, masks = prune(network, recurrent, density, axis=0)
        optimizer = keep_pruned(adam(plan.rate / 3.0), masks)
        short = replace(plan, epochs=1)
        network = train(network, text, short, own, optimizer=optimizer, **options).node
        found.append(measured(network, density, text, plan))
    return found


def measured(network: Network, density: float, text: Text, plan: Plan) -> Pruned:
    """Return the network with what it scores, and operations per symbol by events."""
    counted, _ = operations(listed(network), text, plan)
    return Pruned(network, density, judge(network, text, plan), counted)


def operations(network: Network, text: Text, plan: Plan) -> tuple[float, float]:
    """Return recurrent multiplications per symbol, and the activity, over some of the test text."""
    inputs, _ = some_windows(text, plan)
    record = SENT | {"operations": Record(f"{HIDDEN}.operations")}
    _, records = simulate(network, inputs, dt=TICK_MS, key=jax.random.key(0), record=record)
    kept = {name: np.asarray(value) for name, value in records.kept.items()}
    return float(kept["operations"].mean()), float((kept["sent"] != 0).mean())


def some_windows(text: Text, plan: Plan, count: int = 20):
    """Return inputs and targets of the first windows of the test part."""
    count = min(count, (len(text.test) - 1) // plan.judged)
    keys = jax.random.split(jax.random.key(0), count)
    return samples(text, "test", plan.judged).take(np.arange(count), keys)


@functools.cache
def start(text: Text, plan: Plan, unit: Unit, seed: int):
    """Return the network before training and the key of its training."""
    key, own = jax.random.split(jax.random.key(seed))
    return build(len(text.symbols), plan, unit, key), own
