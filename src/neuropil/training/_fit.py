"""Fitting any node to data by gradients."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import equinox as eqx
import optax

from ..core import Node, Record, learnable_mask
from ..numerics import as_instance, fail, interruptible
from ._checkpoint import Checkpoints, Stand, read_checkpoint, write_checkpoint
from ._curriculum import Curriculum
from ._data import Data
from ._epoch import begin_epoch, end_epoch, is_over, run_steps
from ._log import append_log, begin_log
from ._losses import PerSample
from ._plan import make_plan
from ._progress import ProgressBar, silent
from ._schedules import Schedule
from ._statistics import Statistics, freeze
from ._stopping import Stopping


@dataclass(frozen=True)
class Fit:
    """What a fit leaves: the node, statistics of its normalisations, and one entry per epoch."""

    node: Node
    statistics: Statistics = field(repr=False)
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
    train: Data | Curriculum | tuple[Any, Any],
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
    guard: bool = True,
    progress: ProgressBar | None = None,
    log: str | Path | None = None,
    checkpoints: Checkpoints | None = None,
) -> Fit:
    r"""Fit the parameters of a node to data.

    In every step, with the samples $B$ of a batch,
    $\theta \leftarrow \Pi[\theta + U(\nabla_\theta \tfrac{1}{|B|}\sum_{i \in B} L_i)]$: the
    gradient of the mean loss, the optimiser's update U, and the projection $\Pi$ of weights and
    delays into their ranges. Every sample counts once per epoch: a short last batch is filled up
    with samples that count nothing. Batches depend on key and epoch; a sample's own randomness on
    key, epoch and sample, not on the batch it is in.

    **Arguments:**

    - `node`: any Node; a Network, a population, a readout.
    - `train`, `validation`: a pair `(inputs, targets)`, sample first, or `Arrays`, `Encoded` or
      `Batches`; `train` may be a `Curriculum` of these.
    - `loss`, `metrics` by name: functions of the `Records` of a run (`output` `[time, batch,
      ...]`, and `kept`) and the targets that return one value per sample.
    - `optimizer`: any optax transformation; see also `by_field`.
    - `epochs`, `batch_size`; `dt` in ms; `key`, from which all randomness comes.
    - `schedules`: functions `(node, epoch) -> node` applied at the start of each epoch; see
      `anneal`.
    - `stopping`: when to stop early; the best node is then returned, not the last.
    - `trainable`: a function from the node to a tree of flags; by default learnable fields.
    - `evaluated_as`: the form of the node that validation judges, e.g. with whole delays.
    - `truncate`: cut the gradient every so many ticks; see `simulate_truncated`.
    - `checkpoint`: as for `simulate`; less memory for more time, the same gradient.
    - `record`: what the loss or metrics need besides the output, as for `simulate`.
    - `momentum`: the weight of a new batch in the running averages of batch statistics.
    - `guard`: stop at the first value that is not finite and say where it arose.
    - `progress`: a `ProgressBar`; `log`: a file that gets one line of JSON per epoch.
    - `checkpoints`: a file from which to go on after the process was stopped.

    **Returns:** the fitted node (`frozen`, for use, where it normalises by batch), and `history`,
    one entry per epoch as in the log.

    **Raises:** `NeuropilError` for arguments that do not fit together or to the node;
    `NonFiniteError` when training met NaN or an infinity; `KeyboardInterrupt` at Ctrl-C, after
    writing a checkpoint.

    >>> import jax, jax.numpy as jnp, numpy as np
    >>> from neuropil.cells import leaky_integrator
    >>> from neuropil.connectivity import Dense
    >>> from neuropil.core import Input, chain
    >>> from ._losses import mean_squared_error
    >>> net = chain(Input(3), Dense(3, 1), leaky_integrator(1), key=jax.random.key(0))
    >>> x = np.random.default_rng(0).normal(size=(64, 10, 3))
    >>> y = x[:, -1, :1]
    >>> result = fit(
    ...     net, (x, y), loss=mean_squared_error(lambda output: output[-1]),
    ...     optimizer=optax.adam(0.1), epochs=20, batch_size=32, dt=1.0, key=jax.random.key(1),
    ... )
    >>> result.history[-1]["train"]["loss"] < 0.5 * result.history[0]["train"]["loss"]
    True
    """
    as_instance(progress, "progress", (ProgressBar, type(None)), "a ProgressBar or None")
    as_instance(checkpoints, "checkpoints", (Checkpoints, type(None)), "Checkpoints or None")
    if log is not None and (not isinstance(log, str | Path) or not str(log)):
        fail("log", log, "the path of a file", "pass e.g. log='log.jsonl'")
    plan, stand = make_plan(
        node,
        train=train,
        validation=validation,
        loss=loss,
        metrics=metrics,
        optimizer=optimizer,
        epochs=epochs,
        batch_size=batch_size,
        dt=dt,
        key=key,
        schedules=schedules,
        stopping=stopping,
        trainable=trainable,
        evaluated_as=evaluated_as,
        truncate=truncate,
        checkpoint=checkpoint,
        record=record,
        momentum=momentum,
        guard=guard,
    )
    if checkpoints is not None and checkpoints.resume and Path(checkpoints.path).exists():
        stand = read_checkpoint(Path(checkpoints.path), stand, plan.key, plan.settings)
    if log is not None:
        stand = stand._replace(history=tuple(begin_log(Path(log), list(stand.history))))

    def keep(stand: Stand):
        if checkpoints is not None and bool(stand.carry.sound):
            write_checkpoint(Path(checkpoints.path), stand, plan.key, plan.settings)

    def after_step(stand: Stand):
        if is_interrupted():
            keep(stand)
            raise KeyboardInterrupt
        if checkpoints is not None and checkpoints.is_due(stand.epoch * plan.steps + stand.step):
            keep(stand)

    shown = silent() if progress is None else progress.shown(plan.epochs, plan.steps)
    with interruptible() as is_interrupted, shown as show:
        while not is_over(plan, stand):
            began = time.perf_counter()
            if stand.step == 0:
                stand = begin_epoch(plan, stand)
            stand = end_epoch(plan, run_steps(plan, stand, show, after_step), began)
            if log is not None:
                append_log(Path(log), stand.history[-1])
            keep(stand)
            if is_interrupted():
                raise KeyboardInterrupt
    arrays, statistics = eqx.combine(stand.carry.params, stand.fixed), stand.carry.statistics
    if stand.best is not None:
        arrays, statistics = stand.best.arrays, stand.best.statistics
    return Fit(plan.recipe.structure.fill(arrays), statistics, list(stand.history))
