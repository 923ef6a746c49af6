# pyright: reportAttributeAccessIssue=false
# (the values of a jaxpr are typed by what they are at run time)
"""The scan of an elementwise step with a recurrent product: its derivatives are others of its kind.

In each tick arriving_t = fed_{t-1} W is the last x of the step, and fed_t its first y. Then

- the tangent of arriving_t is dfed_{t-1} W, recurrent again, plus fed_{t-1} dW, which needs nothing
  from the tick before: it is taken for all ticks at once. So is its transpose, the gradient of W;
- transposed, time runs backwards through W^T, and what is fed is the cotangent of arriving_t.
"""

import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

from . import _event_primitive as events
from . import _scan_primitive as elementwise
from ._compiler import has_compiler
from ._derived_step import linearise, transpose
from ._jaxpr import on_arrays, on_scalars, replay
from ._lowering import Untranslatable
from ._scan_primitive import (
    batched,
    flat_neurons,
    hoisted,
    seed,
    shape_of_neurons,
    summed_to,
    without_repetition,
)  # fmt: skip
from ._scan_ticks import scan_ticks
from ._step import Step, chosen, merged, trace

recurrent_scan_p = Primitive("recurrent_scan")
recurrent_scan_p.multiple_results = True

# The kernel of a dense product takes this many times as long as XLA's loop, on one core and on two;
# 1,000 ticks
#    samples    64 neurons     256            1024
#          2    0.29  0.39     0.78  0.77     0.55  0.58
#          4    0.30  0.36     0.84  0.85     0.73  0.52
#         16    0.89  0.32     0.94  0.45     0.97  0.70
#         32    1.02  0.47     0.78  0.48     1.05  0.85
#         64    0.78  0.28     0.60  0.45     -
# and 100 ticks:
#          4                   0.87  0.83     1.40  0.72
#         16    0.47  0.64     0.98  0.99     0.98  1.07
#         32    0.67  0.63     -     0.98     1.46  1.27
#         64    0.66  0.63     0.87  0.85     1.04  0.85
TICKS_PER_NEURON = 0.25


def recurrent_scan(
    step: Step,
    weight: jax.Array,
    fed: jax.Array,
    params: Sequence[jax.Array],
    carry: Sequence[jax.Array],
    xs: Sequence[jax.Array],
    *,
    length: int,
    sparse: bool,
    reverse: bool = False,
    differentiated: bool = False,
) -> list[jax.Array]:
    """Scan a step whose last x is the product of its first y, a tick ago, with the weight.

    Shapes are those of an elementwise scan; `fed`, what the first tick receives, is `[*n]`;
    `sparse` tells that most of what is fed is zero; `differentiated`, that the scan belongs to a
    derivative. Returns the carry and the ys.
    """
    step, places = without_repetition(step)
    inner, fixed = hoisted(step, params)
    options = {"sparse": sparse, "reverse": reverse, "differentiated": differentiated}
    out = recurrent_scan_p.bind(
        weight, fed, *fixed, *carry, *xs, step=inner, length=length, **options
    )
    return [out[place] for place in places]


# --- evaluation ---------------------------------------------------------------------------------


def _abstract(weight, fed, *operands, step, length, **_):
    shapes = [fed.shape] * step.n_carry + [(length, *fed.shape)] * len(step.ys)
    return [
        jax.core.ShapedArray(shape, v.aval.dtype)
        for shape, v in zip(shapes, step.jaxpr.outvars, strict=True)
    ]


def _reference(weight, fed, *operands, step, length, reverse, **_):
    params, carry, xs = step.split(operands)

    def tick(state, xs):
        fed, carry = state
        inputs = [*params, *carry, *xs, fed @ weight]
        known = dict(zip(step.jaxpr.invars, inputs, strict=True))
        out = replay(step.jaxpr, known, step.jaxpr.outvars, on_arrays)
        out = [jnp.broadcast_to(value, fed.shape) for value in out]
        return (out[step.n_carry], out[: step.n_carry]), out[step.n_carry :]

    (_, carry), ys = scan_ticks(tick, (fed, carry), xs, length, reverse)
    return [*carry, *ys]


def _compiled(weight, fed, *operands, step, length, sparse, reverse, **_):
    from . import _scan_kernel

    params, carry, xs = step.split(operands)
    out = _scan_kernel.run_recurrent(
        step,
        weight,
        fed.reshape(fed.size),
        [flat_neurons(param, fed.shape) for param in params],
        [value.reshape(fed.size) for value in carry],
        [flat_neurons(x, fed.shape, length) for x in xs],
        length=length,
        sparse=_walks(fed, sparse),
        reverse=reverse,
    )
    shapes = [fed.shape] * step.n_carry + [(length, *fed.shape)] * len(step.ys)
    return [value.reshape(shape) for value, shape in zip(out, shapes, strict=True)]


def _walks(fed, sparse):
    """Whether the rows of the weight are read as they are: not all, or for one sample only."""
    return sparse or fed.size == fed.shape[-1]


def _suits(weight, fed, length, sparse, differentiated):
    large = elementwise.is_large(fed.size, length, differentiated)
    repays = length >= TICKS_PER_NEURON * fed.shape[-1]  # laying out the weight
    return large and (repays or _walks(fed, sparse)) and weight.dtype in (np.float32, np.float64)


def _lower_on_cpu(context, *operands, **options):
    about = (options[name] for name in ("length", "sparse", "differentiated"))
    if _suits(*context.avals_in[:2], *about) and has_compiler():
        try:
            return mlir.lower_fun(_compiled, multiple_results=True)(context, *operands, **options)
        except Untranslatable:
            pass
    return mlir.lower_fun(_reference, multiple_results=True)(context, *operands, **options)


@functools.partial(
    jax.jit, static_argnames=("step", "length", "sparse", "reverse", "differentiated")
)
def _jitted(*operands, **options):
    return recurrent_scan_p.bind(*operands, **options)


def _evaluate(*operands, **options):
    run = _reference if jax.config.jax_disable_jit else _jitted
    return run(*operands, **options)


# --- transformation -----------------------------------------------------------------------------


def _product(fed, weight, sparse):
    if not sparse:
        return fed @ weight
    packed = events.pack_p.bind(jax.lax.stop_gradient(fed))
    return events.matmul_p.bind(fed, packed, weight)


def _one_tick_later(first, over_time, reverse):
    if reverse:
        return jnp.concatenate([over_time[1:], first[None]])
    return jnp.concatenate([first[None], over_time[:-1]])


@functools.lru_cache(maxsize=1024)
def _with_another_source(step: Step) -> Step:
    """Add an x before the last to the last."""

    def both(params, carry, xs):
        *xs, another, arriving = xs
        known = dict(
            zip(step.jaxpr.invars, [*params, *carry, *xs, another + arriving], strict=True)
        )
        out = replay(step.jaxpr, known, step.jaxpr.outvars, on_scalars)
        return out[: step.n_carry], out[step.n_carry :]

    params, carry, xs = step.split(step.jaxpr.invars)
    return trace(both, params, carry, [*xs, xs[-1]])


@functools.lru_cache(maxsize=1024)
def _backwards(step: Step, linear_params: tuple[bool, ...], linear_xs: tuple[bool, ...]) -> Step:
    """Transpose a step; its first y becomes its last x, and the other way round."""
    back = transpose(step, linear_params, linear_xs)
    n_fixed = len(linear_xs) - sum(linear_xs)
    params, carry, xs = back.split(back.jaxpr.invars)

    def turned(params, carry, xs):
        *xs, arriving = xs
        xs[n_fixed] = xs[n_fixed] + arriving
        known = dict(zip(back.jaxpr.invars, [*params, *carry, *xs], strict=True))
        out = replay(back.jaxpr, known, back.jaxpr.outvars, on_scalars)
        *ys, fed = out[back.n_carry :]
        return out[: back.n_carry], [fed, *ys]

    return trace(turned, params, carry, [*xs, xs[n_fixed]])


def _differentiate(primals, tangents, *, step, length, sparse, reverse, differentiated):
    weight, fed, *operands = primals
    by_weight, by_fed, *by_operands = tangents
    moves = [type(tangent) is not ad.Zero for tangent in by_operands]
    moving_params, moving_carry, moving_xs = step.split(moves)
    split = linearise(step, tuple(moving_params), tuple(moving_carry), (*moving_xs, True))
    params, carry, xs = step.split(operands)
    param_tangents, carry_tangents, x_tangents = step.split(by_operands)

    options = {"length": length, "reverse": reverse, "differentiated": True}
    out = recurrent_scan(split.forward, weight, fed, params, carry, xs, sparse=sparse, **options)
    carry_out, ys = out[: step.n_carry], out[step.n_carry :]
    before = _one_tick_later(fed, ys[0], reverse)
    saved = [
        _product(before, weight, sparse) if i == len(xs) else [*xs, None, *ys][i]
        for i in split.saved
    ]
    new_params = [*params, *chosen(param_tangents, moving_params)]
    new_carry = chosen(map(ad.instantiate_zeros, carry_tangents), split.moving_carry)
    new_xs = [*saved, *chosen(x_tangents, moving_xs)]
    by_fed = ad.instantiate_zeros(by_fed)
    moved = type(by_weight) is not ad.Zero
    arriving = _product(before, by_weight, sparse) if moved else None

    if split.moving_ys[0]:
        tangent = _with_another_source(split.tangent) if moved else split.tangent
        new_xs = [*new_xs, arriving] if moved else new_xs
        out_tangents = recurrent_scan(
            tangent, weight, by_fed, new_params, new_carry, new_xs, sparse=False, **options
        )
    else:  # what is fed has no derivative, so nothing recurs
        arriving = jnp.zeros_like(before) if arriving is None else arriving
        arriving = arriving.at[-1 if reverse else 0].add(by_fed @ weight)
        new_xs = [*new_xs, arriving]
        out_tangents = elementwise.scan(split.tangent, new_params, new_carry, new_xs, **options)

    primals_out = [*carry_out, *ys[: len(step.ys)]]
    moving = [*split.moving_carry, *split.moving_ys]
    unmoved = chosen(primals_out, [not flag for flag in moving])
    still = [ad.Zero(jax.typeof(value).to_tangent_aval()) for value in unmoved]
    return primals_out, merged(moving, out_tangents, still)


def _transpose(cotangents, weight, fed, *operands, step, length, reverse, **_):
    params, carry, xs = step.split(operands)
    linear_params = tuple(map(ad.is_undefined_primal, params))
    linear_xs = tuple(map(ad.is_undefined_primal, xs))
    given = fed.aval if ad.is_undefined_primal(fed) else fed
    sums = [jnp.zeros(given.shape, p.aval.dtype) for p in chosen(params, linear_params)]
    out = recurrent_scan(
        _backwards(step, linear_params, (*linear_xs, True)),
        weight.T,
        jnp.zeros(given.shape, given.dtype),
        chosen(params, [not flag for flag in linear_params]),
        [*map(ad.instantiate_zeros, cotangents[: step.n_carry]), *sums],
        [*chosen(xs, [not f for f in linear_xs]), *map(seed, cotangents[step.n_carry :])],
        length=length,
        sparse=False,
        reverse=not reverse,
        differentiated=True,
    )
    to_carry, to_params = out[: step.n_carry], out[step.n_carry : step.n_carry + len(sums)]
    to_arriving, *to_xs = out[step.n_carry + len(sums) :]
    found = [
        *merged(linear_params, to_params, [None] * len(params)),
        *to_carry,
        *merged(linear_xs, to_xs, [None] * len(xs)),
    ]
    return [
        None,
        to_arriving[-1 if reverse else 0] @ weight.T if ad.is_undefined_primal(fed) else None,
        *(
            summed_to(ct, v.aval.shape) if ad.is_undefined_primal(v) else None
            for ct, v in zip(found, operands, strict=True)
        ),
    ]


def _batch(operands, dimensions, *, step, **options):
    weight, fed, *others = operands
    by_weight, by_fed, *by_others = dimensions
    if by_weight is not None:
        each = functools.partial(_reference, step=step, **options)
        out = jax.vmap(each, dimensions)(*operands)
        return out, [0] * len(out)
    params, carry, xs = batched(step, others, by_others)
    fed = fed[None] if by_fed is None else jnp.moveaxis(fed, by_fed, 0)
    shape = jnp.broadcast_shapes(fed.shape, shape_of_neurons(step, [*params, *carry, *xs]))
    carry = [jnp.broadcast_to(value, shape) for value in carry]
    fed = jnp.broadcast_to(fed, shape)
    out = recurrent_scan_p.bind(weight, fed, *params, *carry, *xs, step=step, **options)
    return out, [0] * step.n_carry + [1] * len(step.ys)


recurrent_scan_p.def_abstract_eval(_abstract)
recurrent_scan_p.def_impl(_evaluate)
mlir.register_lowering(recurrent_scan_p, mlir.lower_fun(_reference, multiple_results=True))
mlir.register_lowering(recurrent_scan_p, _lower_on_cpu, platform="cpu")
ad.primitive_jvps[recurrent_scan_p] = _differentiate
ad.primitive_transposes[recurrent_scan_p] = _transpose
batching.primitive_batchers[recurrent_scan_p] = _batch
