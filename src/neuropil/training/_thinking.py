"""Losses of networks that answer in every tick of thinking: which of the answers counts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int

from ..core import Records
from ..numerics import as_count, fail, is_traced
from ._losses import PerSample, as_readout, check_range

Choice = Callable[[Float[Array, "batch ticks *positions classes"]], Int[Array, " batch"]]
Answers = Callable[[Float[Array, "time batch *n"]], Float[Array, "batch ticks *positions classes"]]


@dataclass(frozen=True)
class TickCrossEntropy:
    """What `tick_cross_entropy` returns."""

    readout: Answers
    ahead: int | None
    chosen: Choice

    def __call__(self, records: Records, targets: Array) -> Float[Array, " batch"]:
        """Return one value per sample."""
        answers, targets = _by_position(self.readout, records, targets)
        labels = jnp.broadcast_to(targets[:, None], answers.shape[:-1])
        losses = optax.softmax_cross_entropy_with_integer_labels(answers, labels)
        counted = jnp.ones_like(losses)
        if self.ahead is not None:
            right = jnp.argmax(answers, axis=-1) == targets[:, None]
            steps = jnp.cumprod(right, axis=-1).sum(axis=-1).max(axis=1) + self.ahead
            counted = (jnp.arange(losses.shape[2]) < steps[:, None])[:, None].astype(losses.dtype)
        of_tick = jnp.sum(losses * counted, axis=2) / jnp.sum(counted, axis=2)
        best = jnp.argmin(of_tick, axis=1)
        chosen = self.chosen(answers)
        return 0.5 * (_at(of_tick, best) + _at(of_tick, chosen))


@dataclass(frozen=True)
class TickAccuracy:
    """What `tick_accuracy` returns."""

    readout: Answers
    chosen: Choice

    def __call__(self, records: Records, targets: Array) -> Float[Array, " batch"]:
        """Return one value per sample."""
        answers, targets = _by_position(self.readout, records, targets)
        right = (jnp.argmax(answers, axis=-1) == targets[:, None]).astype(answers.dtype)
        return _at(jnp.mean(right, axis=2), self.chosen(answers))


@dataclass(frozen=True)
class CTC:
    """What `ctc` returns."""

    readout: Answers
    blank: int

    def __call__(self, records: Records, targets: Array) -> Float[Array, " batch"]:
        """Return one value per sample."""
        scores = self.readout(records.output)
        if scores.ndim != 3:
            fail("readout", f"scores of shape {scores.shape}", "[batch, tick, class]", "reshape")
        blank = scores.shape[-1] + self.blank if self.blank < 0 else self.blank
        none = jnp.zeros(scores.shape[:2], scores.dtype)
        padded = (targets < 0).astype(scores.dtype)
        return optax.ctc_loss(scores, none, jnp.maximum(targets, 0), padded, blank_id=blank)


def tick_cross_entropy(
    readout: Answers, *, ahead: int | None = None, chosen: Choice | None = None
) -> PerSample:
    r"""Return the loss at the best and at the most certain tick, $(L_{t_1} + L_{t_2}) / 2$.

    $L_t$ is the cross-entropy of tick t, averaged over positions; per sample
    $t_1 = \arg\min_t L_t$, and $t_2$ as for :func:`most_certain_tick`. No gradient passes through
    the choice.

    **Arguments:** `readout`, a function of the output `[time, batch, ...]` that returns scores
    `[batch, tick, class]` or `[batch, tick, position, class]`; targets are class indices
    `[batch]` or `[batch, position]`; `ahead`, where the positions are steps of a path: only the
    leading steps that are right, of the tick where these are most, and so many more count;
    `chosen`, a function of the scores that returns $t_2$, such as :func:`last_tick`.

    **Raises:** `NeuropilError` if `readout` is no function; when used, if shapes do not fit.

    >>> loss = tick_cross_entropy(lambda output: output[-1])
    >>> records = Records(jnp.array([[[[0.0, 0.0], [0.0, 9.0]]]]), {})  # one sample, two ticks
    >>> bool(loss(records, jnp.array([1]))[0] < 1e-3)  # the second tick is best and most certain
    True

    Source: Darlow et al. 2025, https://doi.org/10.48550/arXiv.2505.05522
    """
    steps = None if ahead is None else as_count(ahead, "ahead", minimum=0)
    return TickCrossEntropy(as_readout(readout), steps, _as_choice(chosen))


def tick_accuracy(readout: Answers, *, chosen: Choice | None = None) -> PerSample:
    """Return the metric that is the share of positions right at the most certain tick.

    **Arguments:** as for :func:`tick_cross_entropy`.

    **Raises:** `NeuropilError` if `readout` is no function; when used, if shapes do not fit.

    >>> metric = tick_accuracy(lambda output: output[-1])
    >>> records = Records(jnp.array([[[[0.0, 9.0], [1.0, 0.0]]]]), {})
    >>> metric(records, jnp.array([1])).tolist()
    [1.0]
    """
    return TickAccuracy(as_readout(readout), _as_choice(chosen))


def ctc(readout: Answers, *, blank: int = -1) -> PerSample:
    r"""Return the connectionist temporal classification loss of a list that ticks spell out.

    $-\log$ of the probability of all ways to write the targets in order over the ticks, with blanks
    between them (`optax.ctc_loss`).

    **Arguments:** `readout`, a function of the output `[time, batch, ...]` that returns scores
    `[batch, tick, class]`; targets are class indices `[batch, place]`, -1 after a list's end;
    `blank`, the class that writes nothing, by default the last.

    **Raises:** `NeuropilError` if `readout` is no function; when used, if shapes do not fit.

    >>> loss = ctc(lambda output: output[-1])
    >>> records = Records(jnp.array([[[[9.0, 0.0, 0.0], [0.0, 9.0, 0.0]]]]), {})
    >>> bool(loss(records, jnp.array([[0, 1]]))[0] < 1e-2)
    True

    Source: Graves et al. 2006, https://doi.org/10.1145/1143844.1143891
    """
    if isinstance(blank, bool) or not isinstance(blank, int):
        fail("blank", blank, "the index of a class", "pass e.g. blank=-1 for the last")
    return CTC(as_readout(readout), blank)


def most_certain_tick(answers: Float[Array, "batch ticks *positions classes"]):
    r"""Return the tick with the largest $1 - H / \ln C$ per sample, averaged over positions.

    **Arguments:** `answers`, scores `[batch, tick, class]` or `[batch, tick, position, class]`.

    **Raises:** `NeuropilError` for anything else.

    >>> most_certain_tick(jnp.array([[[0.0, 0.0], [3.0, 0.0], [0.0, 1.0]]])).tolist()
    [1]
    """
    scores = _as_answers(answers)
    logarithm = jax.nn.log_softmax(scores, axis=-1)
    entropy = -jnp.sum(jnp.exp(logarithm) * logarithm, axis=-1)
    return jnp.argmin(entropy.reshape(*entropy.shape[:2], -1).mean(axis=2), axis=1)


def last_tick(answers: Float[Array, "batch ticks *positions classes"]):
    """Return the last tick, for every sample.

    **Arguments:** `answers`, scores `[batch, tick, class]` or `[batch, tick, position, class]`.

    **Raises:** `NeuropilError` for anything else.

    >>> last_tick(jnp.zeros((2, 3, 4))).tolist()
    [2, 2]
    """
    scores = _as_answers(answers)
    return jnp.full(len(scores), scores.shape[1] - 1)


def _as_answers(answers: Any):
    fix = "put the ticks second"
    try:
        scores = jnp.asarray(answers, float)
    except (TypeError, ValueError):
        fail("answers", type(answers).__name__, "numbers [batch, tick, (position,) class]", fix)
    if scores.ndim not in (3, 4) or not scores.size:
        fail("answers", f"shape {scores.shape}", "[batch, tick, (position,) class]", fix)
    return scores


def _as_choice(chosen: Choice | None) -> Choice:
    if chosen is None:
        return most_certain_tick
    if not callable(chosen):
        fail("chosen", chosen, "a function of scores", "pass e.g. last_tick")
    return chosen


def _by_position(readout: Answers, records: Records, targets: Any):
    """Return scores `[batch, tick, position, class]` and targets `[batch, position]`."""
    scores = readout(records.output)
    is_index = jnp.issubdtype(jnp.result_type(targets), jnp.integer)
    fits = scores.ndim in (3, 4) and jnp.shape(targets) == (scores.shape[0], *scores.shape[2:-1])
    if not is_index or not fits:
        got = f"scores of shape {scores.shape} for targets of shape {jnp.shape(targets)}"
        fail("readout", got, "[batch, tick, (position,) class] for class indices of each position",
             "reshape the scores, or give one integer per position")  # fmt: skip
    if not is_traced(targets):
        check_range(np.asarray(targets), scores.shape[-1])
    if scores.ndim == 3:
        return scores[:, :, None], jnp.asarray(targets)[:, None]
    return scores, jnp.asarray(targets)


def _at(of_tick, tick):
    return jnp.take_along_axis(of_tick, tick[:, None], axis=1)[:, 0]
