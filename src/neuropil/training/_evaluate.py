"""How well a node does on a set of samples."""

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ..core import Node, Record
from ..numerics import as_count, as_instance, as_key, as_time_step
from ._classes import check_classes
from ._data import Data, as_data
from ._losses import PerSample, as_functions, as_records
from ._order import batch_of, count_batches, sample_keys
from ._spiking import spiking_nodes
from ._step import Recipe, Structure, Totals, no_totals


class Scores(NamedTuple):
    """Means over samples: of the loss and the metrics by name, and of spikes per tick by node."""

    values: dict[str, float]
    rates: dict[str, float]


def evaluate(
    node: Node,
    data: Data | tuple[Any, Any],
    *,
    loss: PerSample,
    dt: float,
    key,
    batch_size: int = 256,
    metrics: Mapping[str, PerSample] | None = None,
    record: Mapping[str, Record] | None = None,
) -> Scores:
    """Return loss, metrics and firing rates of a node; every sample counts once.

    Sample i uses the random key `fold_in(key, i)`, whatever the batch size.

    **Arguments:** as for :func:`fit`.

    **Raises:** `NeuropilError` as `fit` does.

    >>> from neuropil.cells import leaky_integrator
    >>> from ._losses import mean_squared_error
    >>> loss = mean_squared_error(lambda output: output[-1])
    >>> data = np.zeros((5, 4, 2)), np.ones((5, 2))
    >>> evaluate(leaky_integrator(2), data, loss=loss, dt=1.0, key=jax.random.key(0)).values
    {'loss': 1.0}
    """
    as_instance(node, "node", Node, "a Node")
    data, key = as_data(data, "data"), as_key(key)
    as_functions({"loss": loss}, "")
    metrics = as_functions({} if metrics is None else metrics, "metrics")
    recipe, arrays = _recipe(node, loss, metrics, as_records(record), as_time_step(dt))
    size = min(as_count(batch_size, "batch_size"), data.size)
    check_classes(recipe, node, data, key, size)
    return _means(recipe, arrays, data, key, size)


def judge(node: Node, data: Data, like: Recipe, key: Any, size: int) -> Scores:
    """Return the scores of a node on data that were checked, judged as by another recipe."""
    as_instance(node, "node", Node, "a Node, also after evaluated_as")
    recipe, arrays = _recipe(node, like.loss, dict(like.metrics), dict(like.record), like.dt)
    return _means(recipe, arrays, data, key, min(size, data.size))


def scores(totals: Totals) -> Scores:
    """Return means from sums."""
    host = jax.device_get(totals)
    samples = float(host.samples)
    values = {"loss": host.loss, **host.metrics}
    return Scores(
        {name: float(value) / samples for name, value in values.items()},
        {name: float(rate) / samples for name, rate in host.rates.items()},
    )


def _recipe(node, loss, metrics, record, dt):
    arrays, rest = eqx.partition(node, eqx.is_array)
    recipe = Recipe(
        Structure(rest),
        loss,
        tuple(metrics.items()),
        tuple(record.items()),
        dt,
        checkpoint=None,
        truncate=None,
        spiking=tuple(spiking_nodes(node)),
    )
    return recipe, arrays


def _means(recipe, arrays, data, key, size):
    totals, order = no_totals(recipe), np.arange(data.size)
    for step in range(count_batches(data.size, size)):
        batch = batch_of(order, step, size)
        keys = sample_keys(key, batch.indices)
        inputs, targets = data.take(batch.indices, keys)
        totals = _add_batch(recipe, totals, arrays, (inputs, targets, batch.weights, keys))
    return scores(totals)


@partial(jax.jit, static_argnums=0)
def _add_batch(recipe, totals, arrays, batch):
    inputs, targets, weights, keys = batch
    _, records = recipe.run(recipe.structure.fill(arrays), inputs, keys)
    _, found = recipe.judge(records, targets, weights)
    return jax.tree.map(jnp.add, totals, found)
