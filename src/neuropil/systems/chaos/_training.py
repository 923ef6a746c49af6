"""Training: windows of a noisy series, foretold under forcing; and what gradients are meanwhile."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

from ...cells import ShallowPLRNN, TeacherForced
from ...core import learnable_mask, simulate
from ...training import Windows, adapt_forcing, fit, forecasts, mean_squared_error
from ._plan import BATCH, PER_EPOCH, Plan
from ._series import Series

TICK = 1.0  # a step has no ms; any will do
LOSS = mean_squared_error(forecasts)


class Gradients(NamedTuple):
    """Of an update: the strength of forcing, the gradient's norm, and what it were without it."""

    update: int
    alpha: float
    norm: float
    unforced: float


class Trained(NamedTuple):
    """The network, how strongly it was forced last, and gradients at the beginning of epochs."""

    model: ShallowPLRNN
    alpha: float
    gradients: list[Gradients]


def build(series: Series, plan: Plan, key: Any) -> TeacherForced:
    """Return the network before training, of as many state variables as there are data."""
    size = series.train.shape[1]
    model = ShallowPLRNN(size, plan.hidden, clipped=plan.clipped, key=key)
    return TeacherForced(model, plan.alpha, plan.every)


def noisy(series: Series, plan: Plan, seed: int) -> np.ndarray:
    """Return the training part as it is measured: with noise, always the same of a seed."""
    rng = np.random.default_rng(seed)
    return series.train + plan.noise * rng.normal(size=series.train.shape)


def train(series: Series, plan: Plan, seed: int, **options: Any) -> Trained:
    """Return the network fitted to a series; options go to `fit`."""
    build_key, train_key, watch_key = jax.random.split(jax.random.key(seed), 3)
    measured = noisy(series, plan, seed)
    windows = Windows(measured, plan.length, BATCH * PER_EPOCH)
    watched: list[Gradients] = []
    schedules: list[Callable] = [watching(windows, watched, watch_key)]
    if plan.growth is not None:
        # Five batches are what adapts at once in the paper; an epoch here is fifty.
        decay = 0.999 ** (PER_EPOCH // 5)
        schedules.insert(0, adapt_forcing(windows, plan.growth, decay=decay, key=watch_key))
    fitted = fit(
        build(series, plan, build_key),
        windows,
        loss=LOSS,
        optimizer=optimizer_of(plan.rate, plan.updates, plan.decay),
        epochs=plan.epochs,
        batch_size=BATCH,
        dt=TICK,
        key=train_key,
        schedules=schedules,
        guard=plan.alpha > 0,  # what explodes is to be seen
        **options,
    )
    node: Any = fitted.node
    return Trained(node.model, float(node.alpha), watched)


@functools.cache
def optimizer_of(rate: float, updates: int, decay: float) -> optax.GradientTransformation:
    """Return Adam at a rate that ends at a hundredth; always the same, so that it compiles once."""
    adam = optax.inject_hyperparams(optax.adam)(optax.exponential_decay(rate, updates, 1e-2))
    return optax.chain(optax.add_decayed_weights(2 * decay), adam) if decay else adam


def watching(windows: Windows, found: list[Gradients], key: Any) -> Callable:
    """Return a schedule that changes nothing and notes the gradients of a batch."""

    def schedule(node, epoch):
        keys = jax.random.split(jax.random.fold_in(key, epoch), BATCH)
        batch = windows.take(np.arange(BATCH), keys)
        norm, unforced = np.asarray(_norms(node, *batch, key))
        update = epoch * PER_EPOCH
        found.append(Gradients(update, float(node.alpha), float(norm), float(unforced)))
        return node

    return schedule


@eqx.filter_jit
def _norms(node, inputs, targets, key):
    """Return the norms of the gradients of a batch, as it is forced and without forcing."""
    mask = learnable_mask(node)

    def norm(alpha):
        forced = eqx.tree_at(lambda n: n.alpha, node, alpha)
        params, rest = eqx.partition(forced, mask)

        def loss(params):
            _, records = simulate(eqx.combine(params, rest), inputs, dt=TICK, key=key)
            return jnp.mean(LOSS(records, targets))

        leaves = jax.tree.leaves(jax.grad(loss)(params))
        return jnp.sqrt(sum(jnp.vdot(leaf, leaf) for leaf in leaves))

    return jax.lax.map(norm, jnp.stack([node.alpha, jnp.zeros_like(node.alpha)]))
