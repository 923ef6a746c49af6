# pyright: reportAttributeAccessIssue=false, reportReturnType=false, reportOptionalMemberAccess=false
# (the values of a jaxpr are typed by what they are at run time)
"""Products with events as primitives: bilinear, with events packed once for all of them.

    matmul(e, W) = e W        d/dW: outer        d/de: dense
    outer(e, c)  = e^T c      d/dc: matmul       d/de: dense

`packed` is a second form of the events that says where they are. Only kernels read it, and only if
so few events are active that walking them is faster than a dense product; this is decided when
the program runs. Both kernels of `matmul` add up in the order of the sources, so that a row is the
same to the last bit, whatever other rows there are.
"""

import functools
import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

from ._compiler import has_compiler
from ._dense_primitive import short_matmul

LEAST_EVENTS = 2**18  # entries below which compiling a kernel costs more than it will ever gain
FEWEST_COLUMNS = 8
LEAST_WEIGHT = 2**9  # numbers, the same for the other form of a product


def crossover(columns: int) -> float:
    """Return the fraction of active events below which walking them is faster.

    Measured on x86 with AVX-512, each on one core: 0.3 for a product of 256 columns, 0.13 for one
    of 20; 0.22 and 0.3 for the outer product. This curve is below all of them.
    """
    return 0.22 * columns / (columns + 24)


def packed_size(sources: int) -> int:
    """Return the number of 32-bit words in a packed row: one bit a source, and two counts.

    The last word is the number of events that are not zero.
    """
    return 2 * (-(-sources // 64) + 1)


def _dense_matmul(events, packed, weight):
    return jnp.matmul(events.astype(weight.dtype), weight)


def _dense_outer(events, packed, cotangent):
    return jnp.matmul(_flat(events.astype(cotangent.dtype)).T, _flat(cotangent))


def _nothing_packed(events):
    return jnp.zeros((*events.shape[:-1], packed_size(events.shape[-1])), jnp.uint32)


def _flat(array):
    return array.reshape(math.prod(array.shape[:-1]), array.shape[-1])


# --- on a CPU -----------------------------------------------------------------------------------


def _pack_by_kernel(events):
    from . import _event_kernels

    packed = _event_kernels.pack(_flat(events))
    return packed.reshape(*events.shape[:-1], packed.shape[-1])


def _multiply_by_kernel(events, packed, weight):
    from . import _dense_kernel

    return _dense_kernel.matmul(_flat(events.astype(weight.dtype)), weight)


def _walk_or_multiply(walk: str, dense: Callable, events, packed, factor):
    from . import _event_kernels

    columns = factor.shape[-1]
    active = jnp.sum(packed[..., -1], dtype=jnp.uint32)
    few = active < np.uint32(crossover(columns) * events.size)

    walked = getattr(_event_kernels, walk)
    return jax.lax.cond(few, walked, dense, _flat(events), _flat(packed), _flat(factor))


def _matmul_by_kernel(events, packed, weight):
    dense = _multiply_by_kernel if has_one_order(weight) else _dense_matmul
    if _worth_while(events, packed, weight):
        out = _walk_or_multiply("multiply", dense, events, packed, weight)
    else:
        out = dense(events, packed, weight)
    return out.reshape(*events.shape[:-1], weight.shape[-1])


def _outer_by_kernel(events, packed, cotangent):
    return _walk_or_multiply("outer", _dense_outer, events, packed, cotangent)


def _worth_while(events, packed, factor):
    wide = factor.shape[-1] >= FEWEST_COLUMNS and factor.dtype in (np.float32, np.float64)
    return wide and _packable(events)


def has_one_order(weight) -> bool:
    """Whether rows of products with a weight do not depend on each other, on a CPU."""
    floating = weight.dtype in (np.float32, np.float64)
    return has_compiler() and floating and weight.size >= LEAST_WEIGHT


def _has_kernel(events, packed, weight):
    return has_one_order(weight) or _worth_while(events, packed, weight)


def _packable(events):
    return LEAST_EVENTS <= events.size < 2**32 and _known(events)


def _known(events):
    return events.dtype.name in ("bool", "int8", "uint8", "int32", "float32", "float64")


def _primitive(name: str, meaning: Callable, by_kernel: Callable, suits: Callable) -> Primitive:
    """Make a primitive with one meaning everywhere, and another way to compute it on a CPU."""
    primitive = Primitive(name)

    def abstract(*operands):
        out = jax.eval_shape(meaning, *map(_abstract_array, operands))
        return jax.core.ShapedArray(out.shape, out.dtype)

    def lower_on_cpu(context, *operands):
        use = has_compiler() and suits(*context.avals_in)
        form = by_kernel if use else meaning
        return mlir.lower_fun(form, multiple_results=False)(context, *operands)

    jitted = jax.jit(primitive.bind)

    def evaluate(*operands):
        return meaning(*operands) if jax.config.jax_disable_jit else jitted(*operands)

    primitive.def_impl(evaluate)
    primitive.def_abstract_eval(abstract)
    mlir.register_lowering(primitive, mlir.lower_fun(meaning, multiple_results=False))
    mlir.register_lowering(primitive, lower_on_cpu, platform="cpu")
    return primitive


def _abstract_array(value):
    return jax.ShapeDtypeStruct(value.shape, value.dtype)


pack_p = _primitive("event_pack", _nothing_packed, _pack_by_kernel, _packable)
matmul_p = _primitive("event_matmul", _dense_matmul, _matmul_by_kernel, _has_kernel)
outer_p = _primitive("event_outer", _dense_outer, _outer_by_kernel, _worth_while)


# --- derivatives --------------------------------------------------------------------------------


def _product_jvp(primitive, dense):
    def rule(primals, tangents):
        events, packed, factor = primals
        by_events, _, by_factor = tangents
        out = primitive.bind(events, packed, factor)
        parts = []
        if type(by_factor) is not ad.Zero:
            parts.append(primitive.bind(events, packed, by_factor))
        if type(by_events) is not ad.Zero and jnp.issubdtype(events.dtype, jnp.floating):
            parts.append(dense(by_events, packed, factor))
        return out, sum(parts[1:], parts[0]) if parts else ad.Zero(
            jax.typeof(out).to_tangent_aval()
        )

    return rule


def _product_transpose(opposite):
    def rule(cotangent, events, packed, factor):
        if type(cotangent) is ad.Zero:
            return None, None, ad.Zero(factor.aval)
        return None, None, opposite.bind(events, packed, cotangent)

    return rule


def _tangent_matmul(events, packed, weight):
    return short_matmul(events.astype(weight.dtype), weight)


ad.primitive_jvps[matmul_p] = _product_jvp(matmul_p, _tangent_matmul)
ad.primitive_jvps[outer_p] = _product_jvp(outer_p, _dense_outer)
ad.primitive_transposes[matmul_p] = _product_transpose(outer_p)
ad.primitive_transposes[outer_p] = _product_transpose(matmul_p)


# --- batches ------------------------------------------------------------------------------------


def _pack_batch(operands, dimensions):
    """Leave the new axis where it is, unless it is the one to pack."""
    (events,), (axis,) = operands, dimensions
    if axis == events.ndim - 1:
        events, axis = jnp.moveaxis(events, axis, 0), 0
    return pack_p.bind(events), axis


def _matmul_batch(operands, dimensions):
    """Batched events are more events; other products are dense."""
    events, packed, weight = operands
    by_events, by_packed, by_weight = dimensions
    if by_weight is None and by_events is not None and by_packed is not None:
        if by_events == events.ndim - 1:
            events, by_events = jnp.moveaxis(events, by_events, 0), 0
        packed = jnp.moveaxis(packed, by_packed, by_events)
        return matmul_p.bind(events, packed, weight), by_events
    return _dense_batch(_dense_matmul, operands, dimensions)


def _dense_batch(dense, operands, dimensions):
    return jax.vmap(dense, dimensions)(*operands), 0


batching.primitive_batchers[pack_p] = _pack_batch
batching.primitive_batchers[matmul_p] = _matmul_batch
batching.primitive_batchers[outer_p] = functools.partial(_dense_batch, _dense_outer)
