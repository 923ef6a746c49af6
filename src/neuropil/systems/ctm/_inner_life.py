"""What goes on in a network while it thinks about one sample, and about many."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ...coding import certainty, stopping_tick
from ...core import Tick
from ...sequence import AttentiveLSTM, ContinuousThoughtMachine

THRESHOLDS = np.linspace(0.0, 1.0, 101)


def as_it_is(thought: Any) -> Any:
    """Return all of a thought."""
    return thought


@eqx.filter_jit
def thoughts(
    node: ContinuousThoughtMachine | AttentiveLSTM, inputs, keep: Callable[[Any], Any] = as_it_is
):
    """Return what is kept of every inner tick about one sample `[time, token, feature]`, in order.

    All items of a sample are thought about one after the other: `[time * tick, ...]`.
    """
    key = jax.random.key(0)

    def one(state, item):
        index, tokens = item
        return node.think(state, tokens, Tick(index, 1.0, jax.random.fold_in(key, index)), keep)

    _, kept = jax.lax.scan(one, node.init(key=key), (jnp.arange(len(inputs)), inputs))
    return jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), kept)


def synchronisation_over_time(activations: np.ndarray) -> np.ndarray:
    r"""Return $\sum_{u \le t} z_i z_j / \sqrt{\sum z_i^2 \sum z_j^2}$, `[tick, neuron, neuron]`.

    Of all neurons, so scaled that strong ones do not hide what weak ones do together.
    """
    products = np.cumsum(activations[:, :, None] * activations[:, None], axis=0)
    size = np.sqrt(np.maximum(np.diagonal(products, axis1=1, axis2=2), 1e-12))
    return products / (size[:, :, None] * size[:, None])


def certainty_of(scores: np.ndarray) -> np.ndarray:
    """Return certainties `[sample, tick]` of scores `[sample, tick, (position,) class]`."""
    sure = np.asarray(certainty(jnp.asarray(scores)))
    return sure.reshape(*sure.shape[:2], -1).mean(axis=2)


def right_of(scores: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return the share of positions that are right, `[sample, tick]`."""
    right = scores.argmax(axis=-1) == np.expand_dims(targets, 1)
    return right.reshape(*right.shape[:2], -1).mean(axis=2)


def stopped_when_certain(sure: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return mean ticks and accuracy, `[2, threshold]`, if a sample stops once it is certain."""
    rows, found = np.arange(len(sure)), []
    for threshold in THRESHOLDS:
        tick = np.asarray(stopping_tick(jnp.asarray(sure.T), float(threshold)))
        found.append([tick.mean() + 1.0, right[rows, tick].mean()])
    return np.array(found).T
