"""What is to be made small, and what is watched: functions of a run's records and the targets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

from ..core import Record, Records
from ..numerics import as_instance, fail, is_traced

Readout = Callable[[Float[Array, "time batch *n"]], Float[Array, "batch classes"]]
PerSample = Callable[[Records, Any], Float[Array, " batch"]]


@dataclass(frozen=True)
class CrossEntropy:
    """What `cross_entropy` returns."""

    readout: Readout

    def __call__(self, records: Records, targets: Array) -> Float[Array, " batch"]:
        """Return one value per sample."""
        scores = _scores(self.readout, records, targets)
        return optax.softmax_cross_entropy_with_integer_labels(scores, targets)


@dataclass(frozen=True)
class Accuracy:
    """What `accuracy` returns."""

    readout: Readout

    def __call__(self, records: Records, targets: Array) -> Float[Array, " batch"]:
        """Return one value per sample."""
        scores = _scores(self.readout, records, targets)
        return (jnp.argmax(scores, axis=-1) == targets).astype(scores.dtype)


@dataclass(frozen=True)
class MeanSquaredError:
    """What `mean_squared_error` returns."""

    readout: Callable[[Array], Array]

    def __call__(self, records: Records, targets: Array) -> Float[Array, " batch"]:
        """Return one value per sample."""
        values = self.readout(records.output)
        if values.shape != jnp.shape(targets):
            fail(
                "targets",
                f"shape {jnp.shape(targets)}",
                f"the readout's shape {values.shape}",
                "give one target per value that the readout returns, batch first",
            )
        return jnp.mean(jnp.square(values - targets).reshape(values.shape[0], -1), axis=1)


def cross_entropy(readout: Readout) -> PerSample:
    r"""Return the loss $-\log \mathrm{softmax}(m)_c$ of the scores m that a readout gives.

    **Arguments:** `readout`, a function of the output `[time, batch, ...]` that returns scores
    `[batch, class]`; targets are class indices `[batch]`.

    **Raises:** `NeuropilError` if `readout` is no function; when used, if shapes do not fit.

    >>> loss = cross_entropy(lambda output: output.sum(0))
    >>> records = Records(jnp.zeros((5, 1, 4)), {})
    >>> round(float(loss(records, jnp.array([2]))[0]), 3)  # log 4
    1.386
    """
    return CrossEntropy(as_readout(readout))


def accuracy(readout: Readout) -> PerSample:
    """Return the metric that is 1 where the target has the highest score, else 0.

    **Arguments:** as for :func:`cross_entropy`.

    **Raises:** `NeuropilError` if `readout` is no function; when used, if shapes do not fit.

    >>> right = accuracy(lambda output: output.sum(0))
    >>> right(Records(jnp.array([[[0.0, 1.0]]]), {}), jnp.array([1]))
    Array([1.], dtype=float32)
    """
    return Accuracy(as_readout(readout))


def mean_squared_error(readout: Callable[[Array], Array]) -> PerSample:
    r"""Return the loss $\langle (m - y)^2 \rangle$ between what a readout gives and targets.

    **Arguments:** `readout`, a function of the output `[time, batch, ...]` that returns `[batch,
    ...]`; targets have the same shape.

    **Raises:** `NeuropilError` if `readout` is no function; when used, if shapes do not fit.

    >>> loss = mean_squared_error(lambda output: output[-1])
    >>> loss(Records(jnp.ones((5, 1, 2)), {}), jnp.array([[1.0, 3.0]]))
    Array([2.], dtype=float32)
    """
    return MeanSquaredError(as_readout(readout))


def as_functions(functions: Any, name: str) -> dict[str, Callable]:
    """Return functions by name, refusing anything else; without a `name` the keys are arguments."""
    if not isinstance(functions, Mapping):
        fail(name, functions, "a dict from names to functions", "pass e.g. {'accuracy': f}")
    for key, function in functions.items():
        if not callable(function):
            fail(f"{name}[{key!r}]" if name else key, function, "a function", "pass a function")
    return dict(functions)


def as_records(record: Any) -> dict[str, Record]:
    """Return what is to be recorded by name, refusing anything else."""
    if record is None:
        return {}
    if not isinstance(record, Mapping):
        fail("record", record, "a dict from names to Record objects", "pass {'v': Record('v')}")
    for name, wish in record.items():
        as_instance(wish, f"record[{name!r}]", Record, "a Record")
    return dict(record)


def as_readout(readout: Any) -> Any:
    """Return a function, refusing anything else."""
    if not callable(readout):
        fail("readout", readout, "a function of [time, batch, ...]", "pass e.g. a spike count")
    return readout


def _scores(readout, records, targets):
    scores = readout(records.output)
    if scores.ndim != 2 or not jnp.issubdtype(scores.dtype, jnp.floating):
        fail(
            "readout",
            f"scores of {scores.dtype}, shape {scores.shape}",
            "floating-point scores [batch, class]",
            "sum or pool over time",
        )
    is_index = jnp.issubdtype(jnp.result_type(targets), jnp.integer)
    if not is_index or jnp.shape(targets) != scores.shape[:1]:
        fail(
            "targets",
            f"{jnp.result_type(targets)} of shape {jnp.shape(targets)}",
            f"class indices of shape {scores.shape[:1]}",
            "give one integer per sample",
        )
    if not is_traced(targets):
        check_range(np.asarray(targets), scores.shape[1])
    return scores


def check_range(targets, classes):
    """Refuse classes for which there is no score."""
    wrong = targets[(targets < 0) | (targets >= classes)]
    if wrong.size:
        fail(
            "targets",
            f"class {wrong[0]}",
            f"0 to {classes - 1}, as the readout gives {classes} scores",
            "number the classes from 0, or give the readout as many neurons as there are classes",
        )
