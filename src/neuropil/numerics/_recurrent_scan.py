"""A scan over time of neurons that are connected to each other."""

from collections.abc import Callable
from typing import TypeVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from ._by_neuron import by_neuron, check
from ._errors import fail
from ._event_matmul import as_real_array
from ._recurrent_primitive import recurrent_scan as scan

Carry = TypeVar("Carry")
X = TypeVar("X")
Y = TypeVar("Y")


def recurrent_scan(
    step: Callable[[PyTree, Carry, X, Array], tuple[Carry, Array, Y]],
    params: PyTree,
    weight: Float[Array, "n n"],
    carry: Carry,
    spikes: Float[Array, "*batch n"],
    xs: X,
) -> tuple[tuple[Carry, Float[Array, "*batch n"]], tuple[Float[Array, "time *batch n"], Y]]:
    r"""Scan $c_t, s_t, y_t = f(p, c_{t-1}, x_t, s_{t-1} W)$ over time, for f elementwise.

    The meaning is that of `jax.lax.scan`. On a CPU with Numba all ticks run in one compiled loop
    that walks the spikes; it wins while fewer than about a third of the neurons fire in a tick. The
    gradient of the weight is one product for all ticks, on every platform.

    **Arguments:** `step`, f, pure: neuron i of its results depends on neuron i of its arguments
    only; `params`, `carry` and `xs` as in `elementwise_scan`; `weight`, `[from, to]`; `spikes`,
    what arrives in the first tick, `[*n]`, zeros if nothing does.

    **Returns:** the last carry and spikes; the spikes and results of every tick.

    **Raises:** `NeuropilError` if the weight does not fit the spikes, or `xs` is empty.

    >>> step = lambda decay, v, x, arriving: (v * decay, (x + arriving > 0.5) * 1.0, None)
    >>> ring = jnp.roll(jnp.eye(3), 1, axis=1)
    >>> x = jnp.zeros((3, 3)).at[0, 0].set(1.0)
    >>> _, (spikes, _) = recurrent_scan(step, 0.9, ring, jnp.zeros(3), jnp.zeros(3), x)
    >>> spikes.argmax(1).tolist()
    [0, 1, 2]
    """
    check(step, xs)
    weight, spikes = as_real_array(weight, "weight"), as_real_array(spikes, "spikes")
    n = spikes.shape[-1] if spikes.ndim else None
    if weight.shape != (n, n) or weight.dtype != spikes.dtype:
        fail(
            "weight",
            f"{weight.dtype}{list(weight.shape)}",
            f"{spikes.dtype}[{n}, {n}], from and to the neurons of spikes",
            "give it one row and one column per neuron, of the type of the spikes",
        )

    def of_pair(params, carry, pair):
        carry, spikes, y = step(params, carry, *pair)
        return carry, (spikes, y)

    some = jnp.broadcast_to(
        spikes, (len(jax.tree.leaves(xs)[0]), *spikes.shape)
    )  # of the type of what arrives
    one = by_neuron(of_pair, params, carry, (xs, some))
    if one is None or one.step.ys[0].aval.dtype != spikes.dtype:
        return _plainly(step, params, weight, carry, spikes, xs)
    out = scan(
        one.step, weight, spikes, one.params, one.carry, one.xs[:-1],
        length=one.length, sparse=True,
    )  # fmt: skip
    carry, (over_time, ys) = one.results(out)
    return (carry, over_time[-1]), (over_time, ys)


def _plainly(step, params, weight, carry, spikes, xs):
    def tick(state, x):
        carry, spikes = state
        carry, spikes, y = step(params, carry, x, spikes @ weight)
        return (carry, spikes), (spikes, y)

    return jax.lax.scan(jax.checkpoint(tick), (carry, spikes), xs)
