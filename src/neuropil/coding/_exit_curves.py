"""What stopping early costs and saves: curves over thresholds, and the choice of one."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from ..numerics import fail
from ._certainty import stopping_tick
from ._checks import as_recording, as_scalar
from ._early_exit import confidence_over_time

THRESHOLDS = 200


class ExitCurve(NamedTuple):
    """Mean latency in ticks, counted from 1, and accuracy, for every threshold."""

    threshold: Float[np.ndarray, " n"]
    latency: Float[np.ndarray, " n"]
    accuracy: Float[np.ndarray, " n"]


class Exits(NamedTuple):
    """The tick at which every sample stops, counted from 0, and whether its answer is right."""

    tick: Int[Array, " batch"]
    right: Bool[Array, " batch"]


def right_over_time(evidence: Float[Array, "time batch classes"], targets) -> Bool[Array, "t b"]:
    """Return whether the likeliest class is the target, for every tick and sample.

    **Arguments:** `evidence`, `[time, batch, class]`; `targets`, class indices `[batch]`.

    **Raises:** `NeuropilError` where they do not fit together.

    >>> right_over_time(jnp.array([[[0.0, 1.0]], [[2.0, 1.0]]]), np.array([0])).tolist()
    [[False], [True]]
    """
    evidence = as_recording(evidence, "evidence", "[time, batch, class]", least=3)
    labels, samples = np.asarray(targets), evidence.shape[1]
    if evidence.ndim != 3 or labels.shape != (samples,) or labels.dtype.kind not in "iu":
        got = f"{labels.dtype} of shape {labels.shape} for evidence of shape {evidence.shape}"
        fail("targets", got, "a class index for each sample of [time, batch, class]", "match them")
    return jnp.argmax(evidence, axis=-1) == labels


def exits(evidence: Float[Array, "time batch classes"], targets, threshold) -> Exits:
    """Return when every sample stops at a threshold of confidence, and whether it is right then.

    **Arguments:** `evidence`, `[time, batch, class]`; `targets`, class indices `[batch]`;
    `threshold`, of confidence.

    **Raises:** `NeuropilError` where they do not fit together.

    >>> found = exits(jnp.array([[[0.0, 1.0]], [[9.0, 1.0]]]), np.array([0]), 0.9)
    >>> int(found.tick[0]), bool(found.right[0])
    (1, True)
    """
    right = right_over_time(evidence, targets)
    tick = stopping_tick(confidence_over_time(evidence), threshold)
    return Exits(tick, at_tick(right, tick))


def oracle_exits(evidence: Float[Array, "time batch classes"], targets) -> Exits:
    """Return when every sample is first right, or else the last tick: no rule does better.

    **Arguments:** `evidence`, `[time, batch, class]`; `targets`, class indices `[batch]`.

    **Raises:** `NeuropilError` where they do not fit together.

    >>> found = oracle_exits(jnp.array([[[0.0, 1.0]], [[9.0, 1.0]]]), np.array([1]))
    >>> int(found.tick[0]), bool(found.right[0])
    (0, True)
    """
    right = right_over_time(evidence, targets)
    tick = stopping_tick(right, 0.5)
    return Exits(tick, at_tick(right, tick))


def exit_curve(evidence: Float[Array, "time batch classes"], targets, thresholds=None) -> ExitCurve:
    """Return mean latency and accuracy over thresholds of confidence.

    **Arguments:** `evidence`, `[time, batch, class]`; `targets`, class indices `[batch]`;
    `thresholds` `[n]`, by default 200 quantiles of the confidences, with 0 and 1.

    **Raises:** `NeuropilError` where they do not fit together.

    >>> curve = exit_curve(jnp.array([[[0.0, 1.0]], [[9.0, 1.0]]]), np.array([0]), [0.0, 1.0])
    >>> curve.latency.tolist(), curve.accuracy.tolist()
    ([1.0, 2.0], [0.0, 1.0])
    """
    right = np.asarray(right_over_time(evidence, targets))
    confidence = np.asarray(confidence_over_time(evidence))
    if thresholds is None:
        inner = np.quantile(confidence, np.linspace(0.0, 1.0, THRESHOLDS))
        thresholds = np.unique(np.clip(np.concatenate([[0.0], inner, [1.0]]), 0.0, 1.0))
    found = np.asarray(as_recording(thresholds, "thresholds", "[n]"))
    if found.ndim != 1:
        fail("thresholds", f"shape {found.shape}", "a list of numbers [n]", "pass e.g. [0.5, 0.9]")
    enough = confidence > found[:, None, None]
    tick = np.where(enough.any(axis=1), enough.argmax(axis=1), len(confidence) - 1)
    correct = np.take_along_axis(right[None], tick[:, None], axis=1)[:, 0]
    return ExitCurve(found, tick.mean(axis=1) + 1.0, correct.mean(axis=1))


def pareto_front(curve: ExitCurve) -> ExitCurve:
    """Return the points of a curve that no other one beats in both latency and accuracy.

    **Arguments:** `curve`, an `ExitCurve`.

    **Raises:** `NeuropilError` for anything else.

    >>> values = [0.1, 0.5, 0.9], [1.0, 2.0, 3.0], [0.8, 0.7, 0.9]
    >>> curve = ExitCurve(*map(np.array, values))
    >>> pareto_front(curve).threshold.tolist()
    [0.1, 0.9]
    """
    if not isinstance(curve, ExitCurve):
        fail("curve", type(curve).__name__, "an ExitCurve", "pass what exit_curve returned")
    order = np.lexsort((-curve.accuracy, curve.latency))
    best = np.maximum.accumulate(curve.accuracy[order])
    kept = order[np.flatnonzero(np.diff(best, prepend=-np.inf) > 0)]
    return ExitCurve(*(values[kept] for values in curve))


def calibrated_threshold(
    evidence: Float[Array, "time batch classes"], targets, tolerance=0.01
) -> float:
    """Return the threshold with the lowest latency whose accuracy is nearly the final one.

    Calibrate on samples that are neither trained nor tested on.

    **Arguments:** `evidence`, `[time, batch, class]`; `targets`, class indices `[batch]`;
    `tolerance`, how much accuracy may be lost against waiting to the end.

    **Raises:** `NeuropilError` where they do not fit together.

    >>> evidence = jnp.array([[[3.0, 0.0], [0.4, 0.5]], [[6.0, 0.0], [4.0, 0.0]]])
    >>> threshold = calibrated_threshold(evidence, np.array([0, 0]))  # one is sure at once
    >>> exits(evidence, np.array([0, 0]), threshold).tick.tolist()
    [0, 1]

    Source: Li et al. 2023, https://doi.org/10.1109/ICCV51070.2023.01224
    """
    allowed = as_scalar(tolerance, "tolerance", "units of accuracy", minimum=0.0, positive=False)
    curve = exit_curve(evidence, targets)
    final = float(np.asarray(right_over_time(evidence, targets))[-1].mean())
    good = curve.accuracy >= final - float(allowed) - 1e-9
    return float(curve.threshold[good][np.argmin(curve.latency[good])])


def at_tick(values, tick):
    """Return values `[time, batch]` at one tick per sample."""
    return jnp.take_along_axis(values, tick[None], axis=0)[0]
