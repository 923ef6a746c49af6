"""One epoch: its steps, watched from a distance, and what is judged and kept at its end."""

import time
from collections import deque
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import optax

from ..numerics import fail
from ._checkpoint import Best, Stand
from ._curriculum import Curriculum, all_passed, data_of
from ._evaluate import judge, scores
from ._guard import explain
from ._log import Entry
from ._order import batch_of, epoch_order, sample_keys, training_keys, validation_key
from ._plan import Plan
from ._progress import Show
from ._schedules import with_schedules
from ._statistics import freeze
from ._step import copy_of, no_totals, only_like, train_step

_IN_FLIGHT = 4  # steps handed to the device before the oldest is looked at
_KEEP_EVERY = 64  # steps after which the guard takes a new copy to go back to


def begin_epoch(plan: Plan, stand: Stand) -> Stand:
    """Return the stand with the schedules applied and totals of nothing."""
    carry = stand.carry
    node = plan.recipe.structure.fill(carry.params, stand.fixed)
    arrays = eqx.filter(with_schedules(node, plan.schedules, stand.epoch), eqx.is_array)
    # The step gives its arguments' memory away: what a schedule put in must be a copy.
    params = jax.tree.map(
        lambda old, new: new if new is old else jnp.array(new, copy=True),
        carry.params,
        only_like(arrays, carry.params),
    )
    carry = carry._replace(params=params, totals=no_totals(plan.recipe))
    return stand._replace(carry=carry, fixed=only_like(arrays, stand.fixed))


def take_batch(plan: Plan, stand: Stand, order: Any, step: int) -> tuple[Any, Any, Any, Any]:
    """Return inputs, targets, weights and keys of a step; the same whenever asked."""
    batch = batch_of(order, step, plan.batch_size)
    keys = sample_keys(training_keys(plan.key, stand.epoch), batch.indices)
    inputs, targets = data_of(plan.train, stand.history).take(batch.indices, keys)
    return inputs, targets, batch.weights, keys


def run_steps(plan: Plan, stand: Stand, show: Show, after_step: Callable[[Stand], None]) -> Stand:
    """Run the remaining steps of an epoch.

    **Arguments:** `show`, told of finished steps; `after_step`, called with every new stand.

    **Raises:** `NonFiniteError` if guarded, a few steps late but about the right step.
    """
    order = epoch_order(plan.key, stand.epoch, plan.train.size)
    in_flight: deque[tuple[int, Any, Any]] = deque()
    kept, first = stand, stand.step

    def look_until(left):
        while len(in_flight) > left:
            step, totals, sound = in_flight.popleft()
            if not bool(sound):
                _explain(plan, kept, order)
            show(stand.epoch, step, totals)

    for step in range(first, plan.steps):
        if plan.guard and (step - first) % _KEEP_EVERY == 0:
            look_until(0)  # what is kept has to be sound
            kept = stand._replace(carry=copy_of(stand.carry))
        batch = take_batch(plan, stand, order, step)
        carry, totals, sound = train_step(
            plan.recipe, plan.optimizer, plan.momentum, plan.guard, stand.carry, stand.fixed, batch
        )
        stand = stand._replace(carry=carry, step=step + 1)
        in_flight.append((step + 1, totals, sound))
        look_until(_IN_FLIGHT)
        after_step(stand)
    look_until(0)
    return stand


def end_epoch(plan: Plan, stand: Stand, began: float) -> Stand:
    """Return the stand before the next epoch, judged by validation, with one more entry."""
    found = scores(stand.carry.totals)
    node = plan.recipe.structure.fill(stand.carry.params, stand.fixed)
    entry: Entry = {
        "epoch": stand.epoch,
        "step": (stand.epoch + 1) * plan.steps,
        "train": found.values,
    }
    if isinstance(plan.train, Curriculum):
        entry["stage"] = plan.train.stage(stand.history)
    best = stand.best
    if plan.validation is not None:
        judged = judge(
            plan.evaluated_as(freeze(node, stand.carry.statistics)),
            plan.validation,
            plan.recipe,
            validation_key(plan.key),
            plan.batch_size,
        )
        entry["validation"] = judged.values
        if plan.stopping is not None:
            best = _better(plan, stand, judged.values[plan.stopping.metric])
    entry["rates"] = found.rates
    entry["learning_rate"] = learning_rate(stand.carry.optimizer)
    entry["seconds"] = round(time.perf_counter() - began, 3)
    history = (*stand.history, entry)
    return stand._replace(epoch=stand.epoch + 1, step=0, history=history, best=best)


def is_over(plan: Plan, stand: Stand) -> bool:
    """Return whether all epochs or stages are done, or nothing has improved for too long."""
    patience = plan.stopping.patience if plan.stopping else None
    waited = stand.best is not None and patience is not None and stand.best.ago >= patience
    done = stand.epoch >= plan.epochs or all_passed(plan.train, stand.history)
    return done or (stand.step == 0 and waited)


def learning_rate(state: Any) -> float | dict[str, float] | None:
    """Return the learning rate that `optax.inject_hyperparams` keeps, by group if several."""
    rates: dict[str, float] = {}
    found = optax.tree_utils.tree_get_all_with_path(
        state, "learning_rate", filtering=lambda path, value: eqx.is_inexact_array(value)
    )
    for path, value in found:
        keys = [getattr(e, "key", None) for e in path]
        rates[
            ".".join(key for key in keys[:-1] if isinstance(key, str)) or f"group {len(rates)}"
        ] = float(value)
    return next(iter(rates.values())) if len(rates) == 1 else rates or None


def _better(plan, stand, value):
    old = stand.best
    if plan.stopping.improves(value, over=None if old is None else old.value):
        arrays = eqx.combine(stand.carry.params, stand.fixed)
        arrays, statistics = copy_of((arrays, stand.carry.statistics))
        return Best(value, arrays, statistics, 0)
    return old if old is None else old._replace(ago=old.ago + 1)


def _explain(plan, kept, order):
    """Repeat the steps since a carry was kept, and say what is wrong in the first bad one."""
    carry, epoch = copy_of(kept.carry), kept.epoch
    for step in range(kept.step, plan.steps):
        before, batch = copy_of(carry), take_batch(plan, kept, order, step)
        carry, _, sound = train_step(
            plan.recipe, plan.optimizer, plan.momentum, plan.guard, carry, kept.fixed, batch
        )
        if not bool(sound):
            explain(plan.recipe, plan.optimizer, before, kept.fixed, batch, epoch, step)
    fail(
        "train",
        "a value that is not finite, and none when the same steps were repeated",
        "data and a node that give the same for the same arguments",
        "draw random numbers from the keys that are passed",
    )
