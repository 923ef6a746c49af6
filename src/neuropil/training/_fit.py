"""Fitting any node to data by gradients."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

from ..core import Node, Record, learnable_mask
from ..numerics import as_count, as_instance, as_key, as_time_step, fail
from ._data import Data, as_data
from ._evaluate import evaluate, scores
from ._losses import PerSample
from ._order import (
    batch_of,
    count_batches,
    epoch_order,
    sample_keys,
    training_keys,
    validation_key,
)
from ._schedules import Schedule, with_schedules
from ._spiking import spiking_nodes
from ._statistics import Statistics, freeze
from ._step import Carry, Recipe, Structure, begin, no_totals, train_step
from ._stopping import Stopping


@dataclass(frozen=True)
class Fit:
    """What a fit leaves: the node, statistics of its normalisations, and one entry per epoch."""

    node: Node
    statistics: Statistics
    history: list[dict[str, Any]] = field(repr=False)

    @property
    def frozen(self) -> Node:
        """The node for use: with averaged statistics where it normalises by those of a batch."""
        return freeze(self.node, self.statistics)


def as_it_is(node: Node) -> Node:
    """Return the node unchanged."""
    return node


def fit(
    node: Node,
    train: Data | tuple[Any, Any],
    *,
    loss: PerSample,
    optimizer: optax.GradientTransformation,
    epochs: int,
    batch_size: int,
    dt: float,
    key,
    validation: Data | tuple[Any, Any] | None = None,
    metrics: Mapping[str, PerSample] | None = None,
    schedules: Sequence[Schedule] = (),
    stopping: Stopping | None = None,
    trainable: Callable[[Node], Any] = learnable_mask,
    evaluated_as: Callable[[Node], Node] = as_it_is,
    truncate: int | None = None,
    checkpoint: int | None = None,
    record: Mapping[str, Record] | None = None,
    momentum: float = 0.1,
) -> Fit:
    """Fit a node."""
    as_instance(node, "node", Node, "a Node")
    train, key, dt = as_data(train, "train"), as_key(key), as_time_step(dt)
    as_count(epochs, "epochs")
    batch_size = min(as_count(batch_size, "batch_size"), train.size)
    validation = None if validation is None else as_data(validation, "validation")
    metrics = dict(metrics or {})
    node = jax.tree.map(lambda x: jnp.asarray(x) if isinstance(x, np.ndarray) else x, node)
    mask = trainable(node)

    def split(node):
        params, others = eqx.partition(node, mask)
        fixed, rest = eqx.partition(others, eqx.is_array)
        return params, fixed, rest

    params, fixed, rest = split(node)
    if not jax.tree.leaves(params):
        fail("trainable", "no array to train", "at least one", "see learnable_mask(node)")
    recipe = Recipe(
        Structure(rest),
        loss,
        tuple(metrics.items()),
        tuple((record or {}).items()),
        dt,
        checkpoint,
        truncate,
        tuple(spiking_nodes(node)),
    )
    carry: Carry = begin(recipe, params, fixed, optimizer)
    steps, history, best = count_batches(train.size, batch_size), [], None
    waited = 0
    for epoch in range(epochs):
        node = with_schedules(recipe.structure.fill(carry.params, fixed), schedules, epoch)
        params, fixed, _ = split(node)
        carry = carry._replace(params=params, totals=no_totals(recipe))
        order, epoch_key = epoch_order(key, epoch, train.size), training_keys(key, epoch)
        for step in range(steps):
            batch = batch_of(order, step, batch_size)
            keys = sample_keys(epoch_key, batch.indices)
            inputs, targets = train.take(batch.indices, keys)
            carry, totals, sound = train_step(
                recipe,
                optimizer,
                momentum,
                True,
                carry,
                fixed,
                (inputs, targets, batch.weights, keys),
            )
        found = scores(carry.totals)
        entry = {"epoch": epoch, "step": (epoch + 1) * steps, "train": found.values}
        entry["rates"] = found.rates
        node = recipe.structure.fill(carry.params, fixed)
        if validation is not None:
            judged = evaluate(
                evaluated_as(freeze(node, carry.statistics)),
                validation,
                loss=loss,
                metrics=metrics,
                record=record,
                dt=dt,
                key=validation_key(key),
                batch_size=batch_size,
            )
            entry["validation"] = judged.values
            if stopping is not None:
                value = judged.values[stopping.metric]
                waited += 1
                if stopping.improves(value, over=None if best is None else best[0]):
                    copy = jax.tree.map(
                        jnp.copy, (eqx.filter(node, eqx.is_array), carry.statistics)
                    )
                    best, waited = (value, copy), 0
        history.append(entry)
        if stopping is not None and stopping.patience is not None and waited >= stopping.patience:
            break
    statistics = carry.statistics
    if best is not None:
        arrays, statistics = best[1]
        node = eqx.combine(arrays, eqx.filter(node, eqx.is_array, inverse=True))
    return Fit(node, statistics, history)
