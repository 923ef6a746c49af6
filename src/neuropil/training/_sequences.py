"""Losses of networks that answer in every tick, and penalties on what is recorded."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

from ..core import Records
from ..numerics import as_parameter, fail, is_traced
from ._losses import PerSample, check_range


@dataclass(frozen=True)
class SequenceCrossEntropy:
    """What `sequence_cross_entropy` returns."""

    def __call__(self, records: Records, targets: Array) -> Float[Array, " batch"]:
        """Return one value per sample."""
        scores = records.output
        is_index = jnp.issubdtype(jnp.result_type(targets), jnp.integer)
        if not is_index or scores.ndim != 3 or jnp.shape(targets) != scores.shape[1::-1]:
            got = f"scores of shape {scores.shape} for targets of shape {jnp.shape(targets)}"
            expected = "[time, batch, class] for class indices [batch, time]"
            fail("targets", got, expected, "give one class per sample and tick")
        if not is_traced(targets):
            check_range(np.asarray(targets), scores.shape[-1])
        losses = optax.softmax_cross_entropy_with_integer_labels(
            scores, jnp.swapaxes(targets, 0, 1)
        )
        return jnp.mean(losses, axis=0)


@dataclass(frozen=True)
class Penalised:
    """What `penalised` returns."""

    loss: PerSample
    weights: tuple[tuple[str, float], ...]

    def __call__(self, records: Records, targets: Any) -> Float[Array, " batch"]:
        """Return one value per sample."""
        value = self.loss(records, targets)
        for name, weight in self.weights:
            if name not in records.kept:
                expected = f"one of {sorted(records.kept)}"
                fail("weights", name, expected, f"pass record={{{name!r}: Record('node.{name}')}}")
            kept = records.kept[name]
            axes = (0, *range(2, kept.ndim))
            value = value + weight * jnp.mean(kept, axis=axes)
        return value


def sequence_cross_entropy() -> PerSample:
    r"""Return the mean loss of answers in every tick, $-\log \mathrm{softmax}(m_t)_{c_t}$.

    Its exponential is the perplexity. The scores m are the output, `[time, batch, class]`; targets
    are class indices `[batch, time]`.

    **Raises:** `NeuropilError` when used, if shapes do not fit.

    >>> loss = sequence_cross_entropy()
    >>> records = Records(jnp.zeros((5, 1, 4)), {})
    >>> round(float(loss(records, jnp.zeros((1, 5), int))[0]), 3)  # log 4
    1.386
    """
    return SequenceCrossEntropy()


def penalised(loss: PerSample, weights: Mapping[str, float]) -> PerSample:
    r"""Return a loss plus the means of what is recorded, $L + \sum_k \gamma_k \langle x_k \rangle$.

    The mean is over time and units: of events it is the activity.

    **Arguments:** `loss`; `weights` $\gamma$, by the name of a record of the run, finite numbers.

    **Raises:** `NeuropilError` for a loss that is no function and weights that are no numbers by
    name; when used, for a name under which nothing is recorded.

    >>> loss = penalised(sequence_cross_entropy(), {"event": 0.5})
    >>> records = Records(jnp.zeros((5, 1, 4)), {"event": jnp.ones((5, 1, 3))})
    >>> round(float(loss(records, jnp.zeros((1, 5), int))[0]), 3)
    1.886
    """
    if not callable(loss):
        fail("loss", loss, "a loss", "pass e.g. sequence_cross_entropy()")
    if (
        not isinstance(weights, Mapping)
        or not weights
        or not all(isinstance(k, str) for k in weights)
    ):
        fail("weights", weights, "a dict from names of records to numbers", "pass {'event': 0.05}")
    known = {name: as_parameter(weight, f"weights[{name!r}]") for name, weight in weights.items()}
    for name, weight in known.items():
        if weight.ndim:
            fail(f"weights[{name!r}]", f"shape {weight.shape}", "one number", "pass a float")
    return Penalised(loss, tuple((name, float(weight)) for name, weight in known.items()))
