"""A scan over time of a step that treats every neuron alone."""

from collections.abc import Callable
from typing import TypeVar

import jax
from jaxtyping import PyTree

from ._errors import fail

Carry = TypeVar("Carry")
X = TypeVar("X")
Y = TypeVar("Y")


def elementwise_scan(
    step: Callable[[PyTree, Carry, X], tuple[Carry, Y]], params: PyTree, carry: Carry, xs: X
) -> tuple[Carry, Y]:
    r"""Scan $c_t, y_t = f(p, c_{t-1}, x_t)$ over time, for f elementwise over neurons.

    The meaning is that of `jax.lax.scan`. The backward pass stores the carries and recomputes the
    inside of the step.

    **Arguments:** `step`, f, pure and elementwise: neuron i of its results depends on neuron i of
    its arguments only; `params`, any pytree of arrays that broadcast to `[*n]`; `carry`, arrays
    `[*n]`; `xs`, arrays `[time, *n]`.

    **Returns:** the last carry and the results of every tick, `[time, *n]`.

    **Raises:** `NeuropilError` if `xs` is empty or its leaves disagree about time.

    >>> import jax.numpy as jnp
    >>> leak = lambda decay, v, x: (v * decay + x, v * decay + x)
    >>> v, vs = elementwise_scan(leak, 0.5, jnp.zeros(2), jnp.ones((3, 2)))
    >>> v.tolist(), vs.shape
    ([1.75, 1.75], (3, 2))
    """
    lengths = {leaf.shape[:1] for leaf in jax.tree.leaves(xs)}
    if len(lengths) != 1 or lengths == {()}:
        fail(
            "xs",
            f"leaves with leading axes {sorted(lengths)}",
            "one or more arrays [time, *n] of the same time",
            "put time first in every leaf of xs",
        )
    return jax.lax.scan(jax.checkpoint(lambda c, x: step(params, c, x)), carry, xs)
