# pyright: reportAttributeAccessIssue=false
# (the modules of JAX are typed in part)
"""One function in two forms: one that is good for values and one that is good for derivatives."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir
from jaxtyping import Array

from ._step import chosen, merged


def two_forms(values: Callable[..., Array], differentiable: Callable[..., Array]) -> Callable:
    """Return a function of arrays: `values` where no derivative is taken, else `differentiable`.

    Both return the same array `[time, *]`, to rounding. Whoever differentiates gets the other
    form's values too.
    """

    @jax.custom_jvp
    def call(*arrays):
        return aligned(values(*arrays), 1)

    def of_moving(moves, still):
        return lambda *moving: aligned(differentiable(*merged(moves, moving, still)), 1)

    def call_jvp(primals, tangents):
        moves = [not isinstance(tangent, SymbolicZero) for tangent in tangents]
        still = chosen(primals, [not flag for flag in moves])
        if not any(moves):
            out = of_moving(moves, still)()
            return out, jnp.zeros_like(out)
        return jax.jvp(of_moving(moves, still), chosen(primals, moves), chosen(tangents, moves))

    call.defjvp(call_jvp, symbolic_zeros=True)
    return call


def tick_by_tick(block: Callable[[Array, Array], Array]) -> Callable[[Array, Array], Array]:
    """Return a product of a weight with every tick of a signal, of a form for blocks of ticks.

    On a CPU the values are computed one tick at a time, if no derivative is taken: libraries round
    the product of a block in a way that depends on how many ticks it has.

    **Arguments:** `block(signal, weight)`, `[time, *]` from `[time, *]`.
    """

    def apart(signal, weight):
        return jax.lax.map(lambda now: block(now[None], weight)[0], signal)

    def values(signal, weight):
        return jax.lax.platform_dependent(signal, weight, cpu=apart, default=block)

    return two_forms(values, block)


def aligned(tree: Any, axis: int) -> Any:
    """Return arrays unchanged, except that `vmap` puts its axis at this place.

    JAX takes the place from one of the two forms of a function with a derivative of its own, so
    that both have to agree.
    """
    return jax.tree.map(lambda x: aligned_p.bind(x, axis=axis), tree)


def _batch(operands, dimensions, *, axis):
    (array,), (dimension,) = operands, dimensions
    return aligned_p.bind(jnp.moveaxis(array, dimension, axis), axis=axis), axis


aligned_p = Primitive("aligned")
aligned_p.def_impl(lambda x, *, axis: x)
aligned_p.def_abstract_eval(lambda x, *, axis: x)
mlir.register_lowering(aligned_p, lambda context, x, *, axis: [x])
ad.deflinear2(aligned_p, lambda cotangent, x, *, axis: [aligned_p.bind(cotangent, axis=axis)])
batching.primitive_batchers[aligned_p] = _batch
