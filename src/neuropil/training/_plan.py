"""What a fit does, checked before its first step."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

from ..core import Node, Record
from ..numerics import as_choice, as_count, as_flag, as_instance, as_key, as_time_step, fail
from ._checkpoint import Stand
from ._classes import check_classes
from ._curriculum import Curriculum
from ._data import Data, as_data
from ._identity import name_of
from ._losses import PerSample, as_functions, as_records
from ._order import count_batches
from ._schedules import Schedule
from ._spiking import spiking_nodes
from ._step import Recipe, Structure, begin
from ._stopping import Stopping


@dataclass(frozen=True)
class Plan:
    """Everything about a fit that does not change while it goes on."""

    recipe: Recipe
    optimizer: optax.GradientTransformation
    train: Data | Curriculum
    validation: Data | None
    epochs: int
    batch_size: int
    key: Any
    schedules: tuple[Schedule, ...]
    stopping: Stopping | None
    evaluated_as: Callable[[Node], Node]
    momentum: float
    guard: bool

    @property
    def steps(self) -> int:
        """The number of steps in an epoch."""
        return count_batches(self.train.size, self.batch_size)

    @property
    def settings(self) -> dict[str, Any]:
        """What has to be the same when a fit is taken up again."""
        stopping = self.stopping
        return {
            "samples": self.train.size,
            "batch_size": self.batch_size,
            "dt": self.recipe.dt,
            "truncate": self.recipe.truncate,
            "checkpoint": self.recipe.checkpoint,
            "momentum": self.momentum,
            "loss": name_of(self.recipe.loss),
            "metrics": {name: name_of(metric) for name, metric in self.recipe.metrics},
            "stopping": None if stopping is None else [stopping.metric, stopping.better.__name__],
        }


def make_plan(
    node: Node,
    *,
    train: Any,
    validation: Any,
    loss: PerSample,
    metrics: Mapping[str, PerSample] | None,
    optimizer: optax.GradientTransformation,
    epochs: int,
    batch_size: int,
    dt: float,
    key: Any,
    schedules: Sequence[Schedule],
    stopping: Stopping | None,
    trainable: Callable[[Node], Any],
    evaluated_as: Callable[[Node], Node],
    truncate: int | None,
    checkpoint: int | None,
    record: Mapping[str, Record] | None,
    momentum: float,
    guard: bool,
) -> tuple[Plan, Stand]:
    """Return what a fit does and where it begins.

    **Raises:** `NeuropilError` that names the argument that is wrong.
    """
    as_instance(node, "node", Node, "a Node")
    as_instance(optimizer, "optimizer", optax.GradientTransformation, "an optax transformation")
    train = train if isinstance(train, Curriculum) else as_data(train, "train")
    validation = None if validation is None else as_data(validation, "validation")
    metrics = as_functions({} if metrics is None else metrics, "metrics")
    as_functions({"loss": loss, "trainable": trainable, "evaluated_as": evaluated_as}, "")
    record = as_records(record)
    as_flag(guard, "guard")
    if isinstance(schedules, str) or not isinstance(schedules, Sequence):
        fail("schedules", schedules, "a sequence of functions (node, epoch) -> node", "pass a list")
    as_functions({f"schedules[{i}]": s for i, s in enumerate(schedules)}, "")
    for name, count in (("truncate", truncate), ("checkpoint", checkpoint)):
        if count is not None:
            as_count(count, name)
    if not isinstance(momentum, float) or not 0 < momentum <= 1:
        fail("momentum", momentum, "a float above 0 and at most 1", "pass e.g. momentum=0.1")
    if stopping is not None:
        as_instance(stopping, "stopping", Stopping, "a Stopping or None")
        as_choice(stopping.metric, "stopping.metric", ["loss", *metrics])
        if validation is None:
            fail("validation", None, "samples to judge by, as stopping is given", "pass some")

    node = jax.tree.map(lambda x: jnp.asarray(x) if isinstance(x, np.ndarray) else x, node)
    params, fixed, rest = _split(node, trainable(node))
    recipe = Recipe(
        Structure(rest),
        loss,
        tuple(metrics.items()),
        tuple(record.items()),
        as_time_step(dt),
        checkpoint,
        truncate,
        tuple(spiking_nodes(node)),
    )
    key, size = as_key(key), min(as_count(batch_size, "batch_size"), train.size)
    trained_on = train.sets if isinstance(train, Curriculum) else (train,)
    for data in (*trained_on, *(() if validation is None else (validation,))):
        check_classes(recipe, node, data, key, min(size, data.size))
    plan = Plan(
        recipe,
        optimizer,
        train,
        validation,
        as_count(epochs, "epochs"),
        size,
        key,
        tuple(schedules),
        stopping,
        evaluated_as,
        momentum,
        guard,
    )
    return plan, Stand(begin(recipe, params, fixed, optimizer), fixed)


def _split(node, mask):
    fix = "return a tree like the node, True at arrays of floats, e.g. learnable_mask(node)"
    try:
        params, others = eqx.partition(node, mask)
    except (ValueError, TypeError):
        fail("trainable", "a mask of another structure", "one flag per leaf of the node", fix)
    leaves = jax.tree.leaves(params)
    if not leaves or not all(map(eqx.is_inexact_array, leaves)):
        kinds = sorted({type(x).__name__ for x in leaves if not eqx.is_inexact_array(x)})
        got = f"a mask of {kinds}" if leaves else "a mask without any array"
        fail("trainable", got, "at least one array of floats, and only such", fix)
    fixed, rest = eqx.partition(others, eqx.is_array)
    return params, fixed, rest
