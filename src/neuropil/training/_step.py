"""One step of training as one pure function: gradient, update, constraint, totals."""

from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float, Int

from ..core import Node, Record, Records, RunState, simulate
from ..numerics import fail
from ._constrained import constrained
from ._losses import PerSample
from ._statistics import Statistics, average, batch_statistics, no_statistics
from ._truncated import simulate_truncated


class Structure:
    """What a node is besides its arrays; hashable, so that a compiled step can be found again."""

    def __init__(self, rest: Any):
        self._leaves, self._treedef = jax.tree.flatten(rest, is_leaf=lambda x: x is None)

    def __hash__(self):
        return hash((tuple(self._leaves), self._treedef))

    def __eq__(self, other):
        mine, its = (self._leaves, self._treedef), (other._leaves, other._treedef)
        return isinstance(other, Structure) and mine == its

    def fill(self, *arrays: Any) -> Node:
        """Return the node with the given arrays."""
        return eqx.combine(*arrays, jax.tree.unflatten(self._treedef, self._leaves))


class Totals(NamedTuple):
    """Sums over the samples of an epoch so far, of loss, metrics and mean spikes per tick."""

    samples: Float[Array, ""]
    loss: Float[Array, ""]
    metrics: dict[str, Float[Array, ""]]
    rates: dict[str, Float[Array, ""]]


class Carry(NamedTuple):
    """What a step changes; `sound` is False from the first value on that is not finite."""

    params: Any
    optimizer: Any
    statistics: Statistics
    totals: Totals
    steps: Int[Array, ""]
    sound: Bool[Array, ""]


@dataclass(frozen=True)
class Recipe:
    """How a run is made and judged: everything about a step that is not an array."""

    structure: Structure
    loss: PerSample
    metrics: tuple[tuple[str, PerSample], ...]
    record: tuple[tuple[str, Record], ...]
    dt: float
    checkpoint: int | None
    truncate: int | None
    spiking: tuple[str, ...]

    def run(self, node: Node, inputs: Any, keys: Any) -> tuple[RunState, Records]:
        """Run a batch."""
        record = dict(self.record) | {spikes_of(path): Record(path) for path in self.spiking}
        options = {"dt": self.dt, "key": keys, "record": record, "checkpoint": self.checkpoint}
        if self.truncate is None:
            return simulate(node, inputs, **options)
        return simulate_truncated(node, inputs, every=self.truncate, **options)

    def judge(self, records: Records, targets: Any, weights: Array) -> tuple[Array, Totals]:
        """Return the loss of the batch and the sums over its samples."""
        losses = per_sample("loss", self.loss, records, targets, weights)
        values = {
            name: total(
                per_sample(f"metrics[{name!r}]", metric, records, targets, weights), weights
            )
            for name, metric in self.metrics
        }
        rates = {
            path: total(spikes_per_tick(records.kept[spikes_of(path)]), weights)
            for path in self.spiking
        }
        samples, summed = jnp.sum(weights), total(losses, weights)
        return summed / samples, Totals(samples, summed, values, rates)

    def objective(self, node: Node, inputs, targets, weights, keys):
        """Return the loss of a batch, its totals and the statistics of its nodes."""
        state, records = self.run(node, inputs, keys)
        loss, totals = self.judge(records, targets, weights)
        return loss, (totals, batch_statistics(node, state.node))


def per_sample(name: str, function: PerSample, records: Records, targets, weights) -> Array:
    """Return what a loss or metric gives for every sample.

    **Raises:** `NeuropilError` unless that is one number per sample.
    """
    values = jnp.asarray(function(records, targets))
    if values.shape != weights.shape:
        fail(
            name,
            f"values of shape {values.shape}",
            f"one value per sample, shape {weights.shape}",
            "do not average over the batch",
        )
    return values


def total(values: Float[Array, " batch"], weights: Float[Array, " batch"]) -> Float[Array, ""]:
    """Return the sum over the samples that count; what fills up a batch may be anything."""
    return jnp.sum(jnp.where(weights > 0, values * weights, 0.0))


def spikes_of(path: str) -> str:
    """Return the name under which a node's spikes are recorded."""
    return f"spikes of {path}"


def spikes_per_tick(spikes: Float[Array, "time batch *n"]) -> Float[Array, " batch"]:
    """Return each sample's mean over time and neurons."""
    mean = jnp.mean(spikes, axis=(0, *range(2, spikes.ndim)))
    return jax.lax.stop_gradient(mean)


def begin(recipe: Recipe, params: Any, fixed: Any, optimizer: Any) -> Carry:
    """Return the carry before the first step; it shares no memory with what it is made from."""
    node = recipe.structure.fill(params, fixed)
    carry = Carry(
        params,
        optimizer.init(params),
        no_statistics(node),
        no_totals(recipe),
        jnp.zeros((), jnp.int32),
        jnp.array(True),
    )
    return jax.tree.map(lambda x: jnp.array(x, copy=True), carry)


def no_totals(recipe: Recipe) -> Totals:
    """Return totals of no samples."""
    return Totals(
        jnp.zeros(()),
        jnp.zeros(()),
        {name: jnp.zeros(()) for name, _ in recipe.metrics},
        {path: jnp.zeros(()) for path in recipe.spiking},
    )


def is_finite(tree: Any) -> Bool[Array, ""]:
    """Return whether all numbers of a tree are finite.

    Sums are not, if a term is not; as products with ones they take a few microseconds.
    """
    sums = [_column_sums(x) for x in jax.tree.leaves(tree) if eqx.is_inexact_array(x)]
    return jnp.all(jnp.stack([jnp.all(jnp.isfinite(x)) for x in sums]))


def _column_sums(x):
    rows = x.reshape(-1, x.shape[-1]) if x.ndim > 1 else x.reshape(-1, 1)
    return jnp.ones(rows.shape[0], x.dtype) @ rows


@jax.jit
def copy_of(tree: Any) -> Any:
    """Return copies, which outlive the step that is given the originals."""
    return jax.tree.map(jnp.copy, tree)


@partial(jax.jit, static_argnums=(0, 1, 2, 3), donate_argnums=4)
def train_step(
    recipe: Recipe,
    optimizer: Any,
    momentum: float,
    guarded: bool,
    carry: Carry,
    fixed: Any,
    batch: tuple[Any, Any, Any, Any],
) -> tuple[Carry, Totals, Array]:
    """Return the carry after one step, and copies of the totals and of `sound`."""

    def objective(params):
        return recipe.objective(recipe.structure.fill(params, fixed), *batch)

    gradient_of = jax.value_and_grad(objective, has_aux=True)
    (loss, (totals, found)), gradients = gradient_of(carry.params)
    updates, optimizer_state = optax.with_extra_args_support(optimizer).update(
        gradients, carry.optimizer, carry.params, value=loss
    )
    moved = constrained(recipe.structure.fill(eqx.apply_updates(carry.params, updates), fixed))
    moved_params = jax.tree.map(lambda _, leaf: leaf, carry.params, only_like(moved, carry.params))
    after = Carry(
        moved_params,
        optimizer_state,
        average(carry.statistics, found, carry.steps, momentum),
        jax.tree.map(jnp.add, carry.totals, totals),
        carry.steps + 1,
        carry.sound,
    )
    if guarded:
        sound = carry.sound & is_finite((loss, gradients, found, moved_params))
        after = after._replace(sound=sound)
    return after, after.totals, after.sound


def only_like(node: Any, params: Any) -> Any:
    """Return the leaves of a node where `params` has some, None elsewhere."""
    return jax.tree.map(
        lambda part, leaf: None if part is None else leaf,
        params,
        node,
        is_leaf=lambda x: x is None,
    )
