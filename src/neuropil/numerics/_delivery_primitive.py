# pyright: reportAttributeAccessIssue=false
# (the values of a jaxpr are typed by what they are at run time)
r"""Delivery through listed synapses as primitives: the three derivatives of one trilinear form.

$F(x, g, w) = \sum_{t,s} w_s\, x_{t-d_s,\,i_s}\, g_{t,\,j_s}$, for the signal x of the sources,
values g at the targets, and weights w, over ticks t and synapses s. Each primitive is the gradient
of F by one of the three, a bilinear map of the two others:

    delivery    dF/dg   what arrives at the targets of a signal
    gathering   dF/dx   what comes back to the sources
    coactivity  dF/dw   what the two ends of every synapse have in common

so that the derivatives and transposes of each are the two others. Every operand has an axis of
samples in front; one with fewer samples than another shares each among as many as there are more,
and a result with fewer is summed over them.
"""

import dataclasses
import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

from ._compiler import has_compiler

LEAST_SYNAPSES = 2**12  # of all samples, below which compiling a kernel is not worth while

SIGNAL, ARRIVING, WEIGHT = 0, 1, 2


@dataclasses.dataclass(frozen=True)
class Form:
    """Shapes that do not change: samples of x, g and w; ticks that arrive, and that came before."""

    samples: tuple[int, int, int]
    length: int
    depth: int
    sources: int
    targets: int
    synapses: int

    def shape(self, kind: int) -> tuple[int, ...]:
        """Return the shape of x, g or w."""
        own = (
            (self.length + self.depth, self.sources),
            (self.length, self.targets),
            (self.synapses,),
        )
        return self.samples[kind], *own[kind]


def others(kind: int) -> tuple[int, int]:
    """Return the two that are operands where this one is the result."""
    return tuple(other for other in (SIGNAL, ARRIVING, WEIGHT) if other != kind)  # pyright: ignore


def bind(kind: int, form: Form, operands: dict[int, jax.Array], lists: Sequence) -> jax.Array:
    """Return the derivative of the form by one of the three, given the two others."""
    a, b = others(kind)
    return PRIMITIVES[kind].bind(operands[a], operands[b], *lists, form=form)


# --- evaluation ---------------------------------------------------------------------------------


def _deliver(form, lists, x, w):
    """Deliver one sample, tick by tick: synapses times ticks would not fit."""
    starts, targets, *late = lists
    sources = jnp.arange(form.sources)
    sources = jnp.repeat(sources, jnp.diff(starts), total_repeat_length=form.synapses)
    behind = form.depth - late[0] if late else 0

    def arrive(_, now):
        seen = x[now + behind, sources]
        return None, jnp.zeros(form.targets, w.dtype).at[targets].add(w * seen)

    if form.length == 1:
        return arrive(None, 0)[1][None]
    return jax.lax.scan(arrive, None, jnp.arange(form.length))[1]


def _reference(kind, first, second, *lists, form):
    """The meaning of the primitives, on every platform."""
    total = max(form.samples)
    a, b = others(kind)
    wide = [
        jnp.repeat(value, total // form.samples[k], axis=0)
        for k, value in ((a, first), (b, second))
    ]

    def one(first, second):
        if kind == ARRIVING:
            return _deliver(form, lists, first, second)
        by_own = (lambda x: _deliver(form, lists, x, second)) if kind == SIGNAL else (
            lambda w: _deliver(form, lists, first, w)
        )  # fmt: skip
        given = second if kind == WEIGHT else first
        like = jax.ShapeDtypeStruct(form.shape(kind)[1:], given.dtype)
        return jax.linear_transpose(by_own, like)(given)[0]

    out = jax.vmap(one)(*wide)
    count = form.samples[kind]
    return out if count == total else out.reshape(count, -1, *out.shape[1:]).sum(1)


def _compiled(kind, first, second, *lists, form):
    from . import _delivery_kernels

    return _delivery_kernels.run(kind, form, first, second, lists)


def _abstract(kind, first, second, *lists, form):
    return jax.core.ShapedArray(form.shape(kind), first.dtype)


def _lower_on_cpu(kind, context, first, second, *lists, form):
    number = context.avals_in[0].dtype
    large = form.synapses * max(form.samples) >= LEAST_SYNAPSES
    use = large and has_compiler() and number in (np.float32, np.float64)
    meaning = functools.partial(_compiled if use else _reference, kind, form=form)
    return mlir.lower_fun(meaning, multiple_results=False)(context, first, second, *lists)


# --- transformation -----------------------------------------------------------------------------


def _differentiate(kind, primals, tangents, *, form):
    first, second, *lists = primals
    primitive, parts = PRIMITIVES[kind], []
    if type(tangents[0]) is not ad.Zero:
        parts.append(primitive.bind(tangents[0], second, *lists, form=form))
    if type(tangents[1]) is not ad.Zero:
        parts.append(primitive.bind(first, tangents[1], *lists, form=form))
    out = primitive.bind(first, second, *lists, form=form)
    return out, sum(parts[1:], parts[0]) if parts else ad.Zero(jax.typeof(out).to_tangent_aval())


def _transpose(kind, cotangent, first, second, *lists, form):
    a, b = others(kind)
    wanted, known, value = (a, b, second) if ad.is_undefined_primal(first) else (b, a, first)
    linear = first if wanted == a else second
    if type(cotangent) is ad.Zero:
        found = ad.Zero(linear.aval)
    else:
        found = bind(wanted, form, {kind: cotangent, known: value}, lists)
    return [*((found, None) if wanted == a else (None, found)), *(None for _ in lists)]


def _batch(kind, operands, dimensions, *, form):
    """Samples of samples are more samples; lists that differ are left to XLA."""
    if any(dimension is not None for dimension in dimensions[2:]):
        meaning = functools.partial(_reference, kind, form=form)
        return jax.vmap(meaning, dimensions)(*operands), 0
    size = next(v.shape[d] for v, d in zip(operands, dimensions, strict=True) if d is not None)
    samples, merged = [0, 0, 0], []
    for k, value, dimension in zip(others(kind), operands[:2], dimensions[:2], strict=True):
        if dimension is not None:
            value = jnp.moveaxis(value, dimension, 0).reshape(-1, *form.shape(k)[1:])
        elif form.samples[k] > 1:
            value = jnp.tile(value, (size, *(1,) * (value.ndim - 1)))
        samples[k] = value.shape[0]
        merged.append(value)
    samples[kind] = size * form.samples[kind]
    new = dataclasses.replace(form, samples=tuple(samples))
    out = PRIMITIVES[kind].bind(*merged, *operands[2:], form=new)
    return out.reshape(size, *form.shape(kind)), 0


def _primitive(kind: int, name: str) -> Primitive:
    primitive = Primitive(name)
    jitted = jax.jit(primitive.bind, static_argnames="form")

    def evaluate(*operands, form):
        if jax.config.jax_disable_jit:
            return _reference(kind, *operands, form=form)
        return jitted(*operands, form=form)

    primitive.def_impl(evaluate)
    primitive.def_abstract_eval(functools.partial(_abstract, kind))
    meaning = functools.partial(_reference, kind)
    mlir.register_lowering(primitive, mlir.lower_fun(meaning, multiple_results=False))
    mlir.register_lowering(primitive, functools.partial(_lower_on_cpu, kind), platform="cpu")
    ad.primitive_jvps[primitive] = functools.partial(_differentiate, kind)
    ad.primitive_transposes[primitive] = functools.partial(_transpose, kind)
    batching.primitive_batchers[primitive] = functools.partial(_batch, kind)
    return primitive


PRIMITIVES = (
    _primitive(SIGNAL, "synaptic_gathering"),
    _primitive(ARRIVING, "synaptic_delivery"),
    _primitive(WEIGHT, "synaptic_coactivity"),
)
