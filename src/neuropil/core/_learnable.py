"""Fields whose arrays gradient descent changes unless told otherwise."""

from typing import Any

import equinox as eqx

MARK = "learnable"


def learnable(**options: Any):
    """Return a dataclass field whose arrays training changes by default.

    Weights, learnable delays and gains are such fields; time constants and thresholds are not
    unless asked for. Takes the options of `equinox.field`.

    >>> import jax
    >>> from neuropil.core import learnable_mask
    >>> class Gain(eqx.Module):
    ...     gain: jax.Array = learnable()
    ...     tau: jax.Array
    >>> jax.tree.leaves(learnable_mask(Gain(jax.numpy.ones(2), jax.numpy.ones(2))))
    [True, False]
    """
    return eqx.field(metadata={**options.pop("metadata", {}), MARK: True}, **options)
