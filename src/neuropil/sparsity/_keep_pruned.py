"""Training that leaves what was pruned at zero."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from ..numerics import fail


class KeptState(NamedTuple):
    """The state of the optimiser within, and the masks."""

    inner: Any
    masks: Any


@dataclass(frozen=True)
class _Init:
    inner: optax.GradientTransformationExtraArgs
    masks: Any = field(compare=False)  # they are in the state: a compiled step serves all masks

    def __call__(self, params):
        return KeptState(self.inner.init(params), self.masks)


@dataclass(frozen=True)
class _Update:
    inner: optax.GradientTransformationExtraArgs

    def __call__(self, gradients, state, params=None, **extra):
        masked = _masked(gradients, state.masks)
        updates, inner = self.inner.update(masked, state.inner, params, **extra)
        return _masked(updates, state.masks), KeptState(inner, state.masks)


def keep_pruned(
    optimizer: optax.GradientTransformation, masks: Any
) -> optax.GradientTransformationExtraArgs:
    r"""Return an optimiser that moves only what was not pruned, $\Delta w \leftarrow m\,\Delta w$.

    Gradients are masked too, so that momentum and clipping see nothing of what is gone.

    **Arguments:** `optimizer`, any optax transformation; `masks`, as :func:`prune` returns them.

    **Raises:** `NeuropilError` for anything but an optax transformation, and a tree without masks.

    >>> from neuropil.cells import GRU
    >>> from neuropil.sparsity import prune
    >>> gru, masks = prune(GRU(3, 5, key=jax.random.key(0)), lambda n: n.recurrent, 0.2)
    >>> optimizer = keep_pruned(optax.adam(1e-2), masks)
    """
    if not isinstance(optimizer, optax.GradientTransformation):
        fail("optimizer", optimizer, "an optax transformation", "pass e.g. optax.adam(1e-3)")
    found = jax.tree.leaves(masks)
    if not found or not all(getattr(mask, "dtype", None) == jnp.bool_ for mask in found):
        fail("masks", masks, "the masks that prune returns", "pass node, masks = prune(...)")
    inner = optax.with_extra_args_support(optimizer)
    return optax.GradientTransformationExtraArgs(_Init(inner, masks), _Update(inner))


def _masked(tree, masks):
    def one(x, mask):
        return x if x is None or mask is None else jnp.where(mask, x, 0.0)

    return jax.tree.map(one, tree, masks, is_leaf=lambda x: x is None)
