# pyright: reportAttributeAccessIssue=false, reportReturnType=false, reportOptionalMemberAccess=false
# (the values of a jaxpr are typed by what they are at run time)
"""The elementwise scan as a primitive: every derivative and batch of one is another one."""

import dataclasses
import functools
import itertools
import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir, partial_eval

from ._compiler import has_compiler
from ._derived_step import hoist, linearise, prune, transpose
from ._jaxpr import is_variable, on_arrays, on_arrays_differentiably, on_scalars, replay
from ._lowering import Untranslatable
from ._scan_ticks import scan_ticks
from ._step import Step, chosen, merged, trace

elementwise_scan_p = Primitive("elementwise_scan")
elementwise_scan_p.multiple_results = True

# Below which compiling a kernel is not worth while. A run must not depend on how it is cut, so that
# it is judged by its neurons alone, of all samples; what belongs to a derivative, by its work.
LEAST_NEURONS, LEAST_WORK = 2**8, 2**16  # neurons; neurons x ticks


def scan(
    step: Step,
    params: Sequence[jax.Array],
    carry: Sequence[jax.Array],
    xs: Sequence[jax.Array],
    *,
    length: int,
    reverse: bool = False,
    differentiated: bool = False,
) -> list[jax.Array]:
    """Scan a step over time; return the carry and the ys.

    With n the shape of the neurons: `params` broadcast to `[*n]` and `xs` to `[time, *n]`, of that
    rank; `carry` is `[*n]`. `differentiated` tells that the scan belongs to a derivative.
    """
    shares = step.shares
    step, places = without_repetition(step)
    inner, fixed = hoisted(step, params)
    inner = dataclasses.replace(inner, shares=shares)
    options = {"length": length, "reverse": reverse, "differentiated": differentiated}
    out = elementwise_scan_p.bind(*fixed, *carry, *xs, step=inner, **options)
    return [out[place] for place in places]


@functools.lru_cache(maxsize=1024)
def without_repetition(step: Step) -> tuple[Step, list[int]]:
    """Compute each y once: every one takes a trip through memory. Returns where results are.

    What is added up is passed back alike to all its summands: transposed steps repeat themselves.
    """
    names = [v if is_variable(v) else id(v) for v in step.ys]
    first = [names.index(name) for name in names]
    kept = sorted(set(first))
    places = [*range(step.n_carry), *(step.n_carry + kept.index(i) for i in first)]
    if len(kept) == len(names):
        return step, places
    inputs = step.jaxpr.invars

    def once(*values):
        known = dict(zip(inputs, itertools.chain(*values), strict=True))
        wanted = [*step.carry_out, *(step.ys[i] for i in kept)]
        out = replay(step.jaxpr, known, wanted, on_scalars)
        return out[: step.n_carry], out[step.n_carry :]

    return trace(once, *step.split(inputs)), places


def hoisted(step: Step, params: Sequence[jax.Array]) -> tuple[Step, list[jax.Array]]:
    """Compute what depends on params alone, once; return the rest of the step and its params."""
    inner, boundary = hoist(step)
    known = dict(zip(step.split(step.jaxpr.invars)[0], params, strict=True))
    return inner, replay(step.jaxpr, known, boundary, on_arrays_differentiably)


def shape_of_neurons(step: Step, operands: Sequence) -> tuple[int, ...]:
    """Return the shape that params, carry and a tick of xs broadcast to."""
    params, carry, xs = step.split(operands)
    return jnp.broadcast_shapes(*(v.shape for v in [*params, *carry]), *(x.shape[1:] for x in xs))


# --- evaluation ---------------------------------------------------------------------------------


def _abstract(*operands, step, length, **_):
    shape = shape_of_neurons(step, operands)
    shapes = [shape] * step.n_carry + [(length, *shape)] * len(step.ys)
    return [
        jax.core.ShapedArray(s, v.aval.dtype)
        for s, v in zip(shapes, step.jaxpr.outvars, strict=True)
    ]


def _reference(*operands, step, length, reverse, **_):
    """The meaning of the primitive, on every platform."""
    params, carry, xs = step.split(operands)
    shape = shape_of_neurons(step, operands)

    def tick(carry, xs):
        known = dict(zip(step.jaxpr.invars, [*params, *carry, *xs], strict=True))
        out = replay(step.jaxpr, known, step.jaxpr.outvars, on_arrays)
        out = [jnp.broadcast_to(value, shape) for value in out]
        return out[: step.n_carry], out[step.n_carry :]

    carry, ys = scan_ticks(tick, carry, xs, length, reverse)
    return [*carry, *ys]


def flat_neurons(array: jax.Array, shape: tuple[int, ...], *before: int) -> jax.Array:
    """Give all neurons one axis, after those before; one number common to all stays one."""
    if array.size == math.prod(before):
        return array.reshape(*before, 1)
    return jnp.broadcast_to(array, (*before, *shape)).reshape(*before, math.prod(shape))


def _compiled(*operands, step, length, reverse, **_):
    """The same in one kernel."""
    from . import _scan_kernel

    params, carry, xs = step.split(operands)
    shape = shape_of_neurons(step, operands)
    size = math.prod(shape)

    out = _scan_kernel.run(
        step,
        [flat_neurons(param, shape) for param in params],
        [jnp.reshape(value, size) for value in carry],
        [flat_neurons(x, shape, length) for x in xs] or [jnp.zeros((length, 1), bool)],
        size=size,
        reverse=reverse,
    )
    shapes = [shape] * step.n_carry + [(length, *shape)] * len(step.ys)
    return [value.reshape(s) for value, s in zip(out, shapes, strict=True)]


def is_large(neurons: int, length: int, differentiated: bool) -> bool:
    """Whether compiling a kernel is worth while."""
    return neurons * length >= LEAST_WORK if differentiated else neurons >= LEAST_NEURONS


def _lower_on_cpu(context, *operands, **options):
    step = options["step"]
    neurons = step.shares * math.prod(shape_of_neurons(step, context.avals_in))
    if is_large(neurons, options["length"], options["differentiated"]) and has_compiler():
        try:
            lower = mlir.lower_fun(_compiled, multiple_results=True)
            return lower(context, *operands, **options)
        except Untranslatable:
            pass
    return mlir.lower_fun(_reference, multiple_results=True)(context, *operands, **options)


def _evaluate(*operands, **options):
    run = _reference if jax.config.jax_disable_jit else _jitted
    return run(*operands, **options)


@functools.partial(jax.jit, static_argnames=("step", "length", "reverse", "differentiated"))
def _jitted(*operands, **options):
    return elementwise_scan_p.bind(*operands, **options)


# --- transformation -----------------------------------------------------------------------------


def _differentiate(primals, tangents, *, step, length, reverse, differentiated):
    moves = [type(tangent) is not ad.Zero for tangent in tangents]
    split = linearise(step, *map(tuple, step.split(moves)))
    params, carry, xs = step.split(primals)
    param_tangents, carry_tangents, x_tangents = step.split(tangents)
    moving_params, _, moving_xs = step.split(moves)

    options = {"length": length, "reverse": reverse, "differentiated": True}
    out = scan(split.forward, params, carry, xs, **options)
    carry_out, ys = out[: step.n_carry], out[step.n_carry :]
    sources = [*xs, *ys]
    out_tangents = scan(
        split.tangent,
        [*params, *chosen(param_tangents, moving_params)],
        chosen(map(ad.instantiate_zeros, carry_tangents), split.moving_carry),
        [*(sources[i] for i in split.saved), *chosen(x_tangents, moving_xs)],
        **options,
    )
    primals_out = [*carry_out, *ys[: len(step.ys)]]
    moving = [*split.moving_carry, *split.moving_ys]
    unmoved = chosen(primals_out, [not flag for flag in moving])
    still = [ad.Zero(jax.typeof(value).to_tangent_aval()) for value in unmoved]
    return primals_out, merged(moving, out_tangents, still)


def _transpose(cotangents, *operands, step, length, reverse, differentiated):
    params, carry, xs = step.split(operands)
    linear_params = tuple(map(ad.is_undefined_primal, params))
    linear_xs = tuple(map(ad.is_undefined_primal, xs))
    avals = [v.aval if ad.is_undefined_primal(v) else v for v in operands]
    shape = shape_of_neurons(step, avals)

    back = transpose(step, linear_params, linear_xs)
    sums = [jnp.zeros(shape, p.aval.dtype) for p in chosen(params, linear_params)]
    out = scan(
        back,
        chosen(params, [not flag for flag in linear_params]),
        [*map(ad.instantiate_zeros, cotangents[: step.n_carry]), *sums],
        [*chosen(xs, [not f for f in linear_xs]), *map(seed, cotangents[step.n_carry :])],
        length=length,
        reverse=not reverse,
        differentiated=True,
    )
    to_carry, sums = out[: step.n_carry], out[step.n_carry : step.n_carry + len(sums)]
    to_xs = out[step.n_carry + len(sums) :]
    found = [
        *merged(linear_params, sums, [None] * len(params)),
        *(ct if ad.is_undefined_primal(c) else None for c, ct in zip(carry, to_carry, strict=True)),
        *merged(linear_xs, to_xs, [None] * len(xs)),
    ]
    return [
        None if ct is None else summed_to(ct, v.aval.shape)
        for ct, v in zip(found, operands, strict=True)
    ]


def seed(cotangent: Any) -> jax.Array:
    """Return a cotangent over time; zeros as one number per tick instead of all of them."""
    if type(cotangent) is ad.Zero:
        length, *shape = cotangent.aval.shape
        return jnp.zeros((length, *(1 for _ in shape)), cotangent.aval.dtype)
    return cotangent


def summed_to(array: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    """Transpose the broadcasting of a shape of the same rank."""
    pairs = enumerate(zip(array.shape, shape, strict=True))
    axes = tuple(axis for axis, (wide, narrow) in pairs if wide != narrow)
    return jnp.sum(array, axes, keepdims=True) if axes else array


def batched(step: Step, operands: Sequence, dimensions: Sequence) -> tuple[list, list, list]:
    """Return params, carry and xs with a new axis of neurons in front: after time, in xs."""

    def front(operand, dimension, axis):
        if dimension is None:
            return jnp.expand_dims(operand, axis)
        return jnp.moveaxis(operand, dimension, axis)

    params, carry, xs = step.split([*zip(operands, dimensions, strict=True)])
    params = [front(*pair, 0) for pair in params]
    carry = [front(*pair, 0) for pair in carry]
    xs = [front(*pair, 1) for pair in xs]
    return params, carry, xs


def _batch(operands, dimensions, *, step, **options):
    params, carry, xs = batched(step, operands, dimensions)
    shape = shape_of_neurons(step, [*params, *carry, *xs])
    carry = [jnp.broadcast_to(value, shape) for value in carry]
    out = elementwise_scan_p.bind(*params, *carry, *xs, step=step, **options)
    return out, [0] * step.n_carry + [1] * len(step.ys)


def _eliminate(used, equation):
    """Drop results that nobody reads, such as a trajectory that is not recorded."""
    step = equation.params["step"]
    used_carry, used_ys = tuple(used[: step.n_carry]), tuple(used[step.n_carry :])
    if not any(used):
        return [False] * len(equation.invars), None
    left, kept_carry, kept_inputs = prune(step, used_carry, used_ys)
    rest = equation.replace(
        invars=chosen(equation.invars, kept_inputs),
        outvars=chosen(equation.outvars, [*kept_carry, *used_ys]),
        params={**equation.params, "step": dataclasses.replace(left, shares=step.shares)},
    )
    return list(kept_inputs), rest


elementwise_scan_p.def_abstract_eval(_abstract)
elementwise_scan_p.def_impl(_evaluate)
mlir.register_lowering(elementwise_scan_p, mlir.lower_fun(_reference, multiple_results=True))
mlir.register_lowering(elementwise_scan_p, _lower_on_cpu, platform="cpu")
ad.primitive_jvps[elementwise_scan_p] = _differentiate
ad.primitive_transposes[elementwise_scan_p] = _transpose
batching.primitive_batchers[elementwise_scan_p] = _batch
partial_eval.dce_rules[elementwise_scan_p] = _eliminate
