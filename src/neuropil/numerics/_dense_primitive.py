# pyright: reportAttributeAccessIssue=false
# (the modules of JAX are typed in part)
"""A dense product of many short rows, as a primitive that a kernel may compute on a CPU.

The result is much larger than what it is made of, so writing it is the work: the kernel asks for
huge pages first, which XLA's product, that touches each small page anew in each run, does not.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

from ._compiler import has_compiler

PANEL = 32  # columns are a multiple of this
LEAST_RESULT = 2**20  # numbers below which pages do not matter
DEEPEST = 512

matmul_p = Primitive("short_matmul")


def short_matmul(rows: jax.Array, weight: jax.Array) -> jax.Array:
    """Return `rows @ weight`, for `rows` `[..., n]` and `weight` `[n, m]`."""
    if rows.dtype != weight.dtype:
        return jnp.matmul(rows, weight)
    return matmul_p.bind(rows, weight)


def _by_kernel(rows, weight):
    from . import _dense_kernel

    flat = rows.reshape(math.prod(rows.shape[:-1]), rows.shape[-1])
    return _dense_kernel.matmul(flat, weight).reshape(*rows.shape[:-1], weight.shape[-1])


def _suits(rows, weight):
    depth, columns = weight.shape
    large = math.prod(rows.shape[:-1]) * columns >= LEAST_RESULT
    return large and depth <= DEEPEST and columns % PANEL == 0


def _lower_on_cpu(context, *operands):
    known = context.avals_in[0].dtype in (np.float32, np.float64)
    use = known and has_compiler() and _suits(*context.avals_in)
    form = _by_kernel if use else jnp.matmul
    return mlir.lower_fun(form, multiple_results=False)(context, *operands)


def _evaluate(rows, weight):
    return (jnp.matmul if jax.config.jax_disable_jit else _jitted)(rows, weight)


def _abstract(rows, weight):
    return jax.core.ShapedArray((*rows.shape[:-1], weight.shape[-1]), rows.dtype)


def _transpose_by_rows(cotangent, rows, weight):
    return matmul_p.bind(cotangent, weight.T)


def _transpose_by_weight(cotangent, rows, weight):
    axes = tuple(range(rows.ndim - 1))
    return jnp.tensordot(rows, cotangent, axes=(axes, axes))


def _batch(operands, dimensions):
    rows, weight = operands
    axis, by_weight = dimensions
    if by_weight is not None:
        return jax.vmap(jnp.matmul, dimensions)(rows, weight), 0
    return matmul_p.bind(jnp.moveaxis(rows, axis, 0), weight), 0


_jitted = jax.jit(matmul_p.bind)

matmul_p.def_abstract_eval(_abstract)
matmul_p.def_impl(_evaluate)
mlir.register_lowering(matmul_p, mlir.lower_fun(jnp.matmul, multiple_results=False))
mlir.register_lowering(matmul_p, _lower_on_cpu, platform="cpu")
ad.defbilinear(matmul_p, _transpose_by_rows, _transpose_by_weight)
batching.primitive_batchers[matmul_p] = _batch
