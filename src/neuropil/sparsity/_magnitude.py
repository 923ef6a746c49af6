"""Taking out the smallest weights."""

from collections.abc import Callable
from typing import Any, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from ..core import Node
from ..numerics import as_count, as_instance, as_parameter, fail, is_traced

Where = Callable[[Any], Any]
AnyNode = TypeVar("AnyNode", bound=Node)


def magnitude_mask(
    weight: Float[Array, "*n"], density: float, *, axis: int | None = None
) -> Bool[Array, "*n"]:
    r"""Return which weights stay: the $\mathrm{round}(\rho N)$ of largest magnitude.

    Of equal magnitudes the first stay, so that the number is exact.

    **Arguments:** `weight`, any shape; `density` $\rho$, the share that stays, above 0, at most 1;
    `axis`, along which every slice keeps as many, such as 0 for every row; None lets all weights
    of the array compete.

    **Raises:** `NeuropilError` for weights that are not finite numbers or being traced, a density
    out of range, and an axis that is none.

    >>> weight = jnp.array([[0.1, -3.0], [2.0, 0.5], [0.2, 0.3]])
    >>> magnitude_mask(weight, 0.5).tolist()
    [[False, True], [True, True], [False, False]]
    >>> magnitude_mask(weight, 0.5, axis=0).tolist()
    [[False, True], [True, False], [False, True]]
    """
    weight, share = as_parameter(weight, "weight"), _as_density(density)
    _check_axis(axis, weight.ndim)
    if is_traced(weight):
        fail("weight", "an array that is being traced", "known weights", "prune outside of jit")
    known = np.asarray(weight)[None] if axis is None else np.moveaxis(np.asarray(weight), axis, 0)
    magnitude = np.abs(known).reshape(len(known), -1)
    order = np.argsort(-magnitude, axis=1, kind="stable")
    stays = np.zeros(magnitude.shape, bool)
    np.put_along_axis(stays, order[:, : round(share * magnitude.shape[1])], True, axis=1)
    stays = stays.reshape(known.shape)
    return jnp.asarray(stays[0] if axis is None else np.moveaxis(stays, 0, axis))


def prune(
    node: AnyNode, where: Where, density: float, *, axis: int | None = None
) -> tuple[AnyNode, Any]:
    r"""Return a node without its smallest weights, and the masks of those that are left.

    Each array is pruned on its own: $w \leftarrow w\,[\,|w| \text{ among the } \rho N \text{
    largest}\,]$. What is pruned is exactly zero; give the masks to :func:`keep_pruned` so that
    training keeps it so, and use e.g. `connectivity.to_sparse` or `EGRU.listed` for work in
    proportion to what is left.

    **Arguments:** `node`, any; `where`, a function from the node to the array, or the list of
    arrays, to prune, such as `lambda n: n.projections[0].weight`; `density` $\rho$ of what is left,
    above 0, at most 1; `axis`, along which every slice keeps as many, as for
    :func:`magnitude_mask`.

    **Returns:** the node, and a tree like it with masks where it was pruned and None elsewhere.

    **Raises:** `NeuropilError` for what is no node or no function, arrays that are none, a density
    out of range, and an axis that is none.

    >>> from neuropil.cells import GRU
    >>> gru, masks = prune(GRU(3, 5, key=jax.random.key(0)), lambda n: n.recurrent, 0.2)
    >>> int(jnp.sum(gru.recurrent != 0)), int(masks.recurrent.sum())
    (15, 15)

    Source: Han et al. 2015, https://doi.org/10.48550/arXiv.1506.02626
    """
    as_instance(node, "node", Node, "a Node")
    chosen, share = _chosen(node, where), _as_density(density)
    masks = [magnitude_mask(weight, share, axis=axis) for weight in chosen]
    pruned = eqx.tree_at(
        lambda n: jax.tree.leaves(where(n)),
        node,
        [jnp.where(mask, weight, 0.0) for mask, weight in zip(masks, chosen, strict=True)],
    )
    none = jax.tree.map(lambda _: None, node)
    is_none = {"is_leaf": lambda x: x is None}
    return pruned, eqx.tree_at(
        lambda n: jax.tree.leaves(where(n), **is_none), none, masks, **is_none
    )


def density(node: Node, where: Where) -> float:
    """Return the share of weights that are not zero.

    **Arguments:** `node` and `where`, as for :func:`prune`.

    **Raises:** `NeuropilError` as :func:`prune` does.

    >>> from neuropil.cells import GRU
    >>> density(GRU(3, 5, key=jax.random.key(0)), lambda n: [n.weight, n.bias])
    0.75
    """
    as_instance(node, "node", Node, "a Node")
    chosen = _chosen(node, where)
    return sum(int(jnp.sum(w != 0)) for w in chosen) / sum(w.size for w in chosen)


def cubic_densities(last: float, steps: int) -> tuple[float, ...]:
    r"""Return densities from near 1 to the last, most pruned first, for pruning in steps.

    $\rho_k = \rho + (1 - \rho)(1 - k/n)^3$ for k from 1 to n: prune, fine-tune, prune more.

    **Arguments:** `last` $\rho$, above 0, at most 1; `steps` n.

    **Raises:** `NeuropilError` for a density out of range and steps that are no positive integer.

    >>> [round(d, 3) for d in cubic_densities(0.1, 3)]
    [0.367, 0.133, 0.1]

    Source: Zhu and Gupta 2017, https://doi.org/10.48550/arXiv.1710.01878
    """
    last, steps = _as_density(last, "last"), as_count(steps, "steps")
    return tuple(last + (1.0 - last) * (1.0 - k / steps) ** 3 for k in range(1, steps + 1))


def _chosen(node, where):
    if not callable(where):
        fail(
            "where", where, "a function of the node", "pass e.g. lambda n: n.projections[0].weight"
        )
    chosen = jax.tree.leaves(where(node))
    if not chosen or not all(eqx.is_inexact_array(weight) for weight in chosen):
        got = [type(weight).__name__ for weight in chosen]
        fail("where", f"a function that returns {got}", "one of arrays of weights", "name weights")
    return chosen


def _check_axis(axis, ndim):
    if axis is None:
        return
    is_integer = isinstance(axis, int) and not isinstance(axis, bool)
    if not is_integer or not -ndim <= axis < ndim:
        fail("axis", axis, f"None, or one of the {ndim} axes", "pass e.g. axis=0 for every row")


def _as_density(value, name="density"):
    is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not is_number or not 0.0 < value <= 1.0:
        fail(name, value, "a number above 0, at most 1", f"pass e.g. {name}=0.1")
    return float(value)
