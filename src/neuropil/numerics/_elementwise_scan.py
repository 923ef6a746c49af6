"""A scan over time of a step that treats every neuron alone."""

import dataclasses
from collections.abc import Callable
from typing import TypeVar

import jax
from jaxtyping import PyTree

from ._by_neuron import by_neuron, check
from ._errors import as_count
from ._scan_primitive import scan

Carry = TypeVar("Carry")
X = TypeVar("X")
Y = TypeVar("Y")


def elementwise_scan(
    step: Callable[[PyTree, Carry, X], tuple[Carry, Y]],
    params: PyTree,
    carry: Carry,
    xs: X,
    *,
    shares: int = 1,
) -> tuple[Carry, Y]:
    r"""Scan $c_t, y_t = f(p, c_{t-1}, x_t)$ over time, for f elementwise over neurons.

    The meaning is that of `jax.lax.scan`, in forward and reverse mode and under `vmap`. On a CPU
    with Numba (`pip install neuropil[kernels]`) all ticks run in one compiled loop; elsewhere, for
    few neurons, or if f holds an operation that is not elementwise, it is `jax.lax.scan`. The
    derivative stores its factors, or carry and xs to recompute them, whichever is smaller.

    **Arguments:** `step`, f, pure: neuron i of its results depends on neuron i of its arguments
    only; `params`, any pytree, its arrays broadcast to `[*n]`; `carry`, arrays `[*n]`; `xs`, arrays
    `[time, *n]`. To batch, `vmap` over axis 0 of params and carry and axis 1 of xs and ys: no
    array is then transposed. `shares`: of how many equal shares of a population, on as many
    devices, these neurons are one; whether a loop is compiled is decided by all of them, so that
    shares are computed as the whole is, to the bit.

    **Returns:** the last carry and the results of every tick, `[time, *n]`.

    **Raises:** `NeuropilError` if `xs` is empty or its leaves disagree about time, or shares are no
    count.

    >>> import jax.numpy as jnp
    >>> leak = lambda decay, v, x: (v * decay + x, v * decay + x)
    >>> v, vs = elementwise_scan(leak, 0.5, jnp.zeros(2), jnp.ones((3, 2)))
    >>> v.tolist(), vs.shape
    ([1.75, 1.75], (3, 2))
    """
    check(step, xs)
    as_count(shares, "shares")
    one = by_neuron(step, params, carry, xs)
    if one is None:
        several = jax.tree.leaves(xs)[0].shape[0] > 1  # else there is nothing to recompute for
        again = jax.checkpoint if several else lambda step: step
        return jax.lax.scan(again(lambda c, x: step(params, c, x)), carry, xs)
    step_of_share = dataclasses.replace(one.step, shares=shares)
    return one.results(scan(step_of_share, one.params, one.carry, one.xs, length=one.length))
