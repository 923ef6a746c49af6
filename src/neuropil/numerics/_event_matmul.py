"""A matrix product whose work is in proportion to the events on its left."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Num

from ._errors import fail
from ._event_primitive import has_one_order, matmul_p, pack_p
from ._two_forms import tick_by_tick


def event_matmul(
    events: Num[Array, "*batch n"], weight: Float[Array, "n m"]
) -> Float[Array, "*batch m"]:
    r"""Return $e W$, for events $e$ that are mostly zero.

    On a CPU with Numba (`pip install neuropil[kernels]`) a large product with few events, and its
    derivative by the weight, walk the events that are not zero; whether that is faster than a dense
    product is decided for each call as it runs. Everywhere else the product is dense.

    The rows of the weight whose events are all zero need not be read: if they hold infinities or
    NaN, the product may be finite, where a dense one is NaN.

    **Arguments:** `events`, boolean, integer or floating point, of any value: zeros cost nothing,
    others multiply their row of the weight; `weight`, floating point.

    **Returns:** the product, of the weight's type. Floating-point events have the dense gradient.

    **Raises:** `NeuropilError` on ranks, types and sizes that do not fit.

    >>> weight = jnp.array([[1.0, 2.0], [3.0, 4.0]])
    >>> event_matmul(jnp.array([False, True]), weight).tolist()
    [3.0, 4.0]
    """
    events, weight = as_real_array(events, "events"), as_real_array(weight, "weight")
    if weight.ndim != 2 or not jnp.issubdtype(weight.dtype, jnp.floating):
        fail(
            "weight",
            f"{weight.dtype}{list(weight.shape)}",
            "a floating-point matrix [n, m]",
            "give it one row per event source and one column per target",
        )
    if events.ndim == 0 or events.shape[-1] != weight.shape[0]:
        fail(
            "events",
            f"shape {list(events.shape)}",
            f"[..., {weight.shape[0]}], as many sources as weight has rows",
            "put the sources last",
        )
    return matmul_p.bind(events, pack_p.bind(jax.lax.stop_gradient(events)), weight)


def tickwise_matmul(
    events: Num[Array, "time *batch n"], weight: Float[Array, "n m"]
) -> Float[Array, "time *batch m"]:
    r"""Return `event_matmul` of every tick, the same to the last bit however time is cut.

    Kernels add up in the order of the sources. Where there are none, for small weights, or without
    Numba, values are computed one tick at a time on a CPU. What is differentiated is computed as
    one product in any case, and so is everything on other devices, where a cut may change the last
    bits. So it may on a CPU if weights are batched.

    **Arguments:** as for `event_matmul`, time first.

    >>> tickwise_matmul(jnp.eye(2), jnp.array([[1.0, 2.0], [3.0, 4.0]])).tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """
    if has_one_order(weight):
        return event_matmul(events, weight)
    return tick_by_tick(event_matmul)(events, weight)


def as_real_array(value: Any, name: str) -> Array:
    """Return an array, refusing what is not made of real numbers."""
    try:
        array = jnp.asarray(value)
        real = not jnp.issubdtype(array.dtype, jnp.complexfloating)
    except (TypeError, ValueError):
        real = False
    if not real:
        fail(name, value, "an array of real numbers", f"pass a NumPy or JAX array as {name}")
    return array
