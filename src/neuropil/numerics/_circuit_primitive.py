# pyright: reportAttributeAccessIssue=false
# (the values of a jaxpr are typed by what they are at run time)
"""A run of a circuit as a primitive: its meaning everywhere, a kernel on a CPU.

Its derivatives are in `_circuit_derivative`.
"""

import dataclasses
import functools
import math

import jax
import jax.numpy as jnp
from jax.extend.core import Primitive
from jax.interpreters import batching, mlir, partial_eval

from ._circuit import Circuit, reference
from ._compiler import has_compiler
from ._lowering import Untranslatable
from ._step import chosen

LEAST_NEURONS = 256  # of all samples, below which compiling a kernel is not worth while

circuit_p = Primitive("circuit")
circuit_p.multiple_results = True


def _abstract(*operands, circuit: Circuit, length: int):
    samples = max(v.shape[0] for v in operands)
    found = []
    populations, _ = circuit.split(operands)
    for p, (step, own) in enumerate(zip(circuit.steps, populations, strict=True)):
        size = own.carry[0].shape[-1]
        found += [((samples, size), v) for v in step.carry_out]
        if circuit.depths[p]:
            found.append(((samples, circuit.depths[p], size), own.history[0]))
        kept = zip(step.ys, circuit.is_kept[p], strict=True)
        found += [((samples, length, size), y) for y, flag in kept if flag]
    return [jax.core.ShapedArray(shape, getattr(v, "aval", v).dtype) for shape, v in found]


def _lower_on_cpu(context, *operands, circuit, length):
    first = zip(_first_carries(context.avals_in, circuit), circuit.steps, strict=True)
    neurons = sum(step.shares * math.prod(v.shape) for v, step in first)
    if neurons >= LEAST_NEURONS and has_compiler():
        from . import _circuit_fold, _circuit_kernel

        def compiled(*operands):
            types = context.avals_out
            each = _circuit_fold.samples_together(circuit, operands)
            if each == 1:
                return _circuit_kernel.run(circuit, operands, types, length)
            operands = _circuit_fold.folded(circuit, operands, each)
            groups = _circuit_fold.shapes_of_groups(types, each)
            found = _circuit_kernel.run(circuit, operands, groups, length)
            return [_circuit_fold.unfolded(v, each, types[0].shape[0]) for v in found]

        try:
            return mlir.lower_fun(compiled, multiple_results=True)(context, *operands)
        except Untranslatable:
            pass
    lower = mlir.lower_fun(reference, multiple_results=True)
    return lower(context, *operands, circuit=circuit, length=length)


def _first_carries(operands, circuit):
    return [own.carry[0] for own in circuit.split(operands)[0]]


def _evaluate(*operands, **options):
    run = reference if jax.config.jax_disable_jit else _jitted
    return run(*operands, **options)


@functools.partial(jax.jit, static_argnames=("circuit", "length"))
def _jitted(*operands, **options):
    return circuit_p.bind(*operands, **options)


def batched_samples(primitive, operands, dimensions, **options):
    """Make more samples of samples of samples."""
    size = next(v.shape[d] for v, d in zip(operands, dimensions, strict=True) if d is not None)
    pairs = [*zip(operands, dimensions, strict=True)]
    samples = max(v.shape[0] if d is None else jnp.moveaxis(v, d, 0).shape[1] for v, d in pairs)

    def merged(operand, dimension):
        if dimension is None:
            if operand.shape[0] == 1:
                return operand
            return jnp.tile(operand, (size, *(1,) * (operand.ndim - 1)))
        operand = jnp.moveaxis(operand, dimension, 0)
        wide = jnp.broadcast_to(operand, (size, samples, *operand.shape[2:]))
        return wide.reshape(size * samples, *operand.shape[2:])

    out = primitive.bind(*(merged(*pair) for pair in pairs), **options)
    return [v.reshape(size, samples, *v.shape[1:]) for v in out], [0] * len(out)


def _eliminate(used, equation):
    """Drop what is recorded and not read; states and what is delivered stay."""
    circuit = equation.params["circuit"]
    if not any(used):
        return [False] * len(equation.invars), None
    left, flags, is_kept = iter(used), [], []
    for step, depth, kept in zip(circuit.steps, circuit.depths, circuit.is_kept, strict=True):
        states = step.n_carry + (depth > 0)
        flags += [True] * len([next(left) for _ in range(states)])
        own = [flag and next(left) for flag in kept]
        flags += chosen(own, kept)
        is_kept.append(tuple(own))
    circuit = dataclasses.replace(circuit, is_kept=tuple(is_kept))
    rest = equation.replace(
        outvars=chosen(equation.outvars, flags),
        params={**equation.params, "circuit": circuit},
    )
    return [True] * len(equation.invars), rest


circuit_p.def_abstract_eval(_abstract)
circuit_p.def_impl(_evaluate)
mlir.register_lowering(circuit_p, mlir.lower_fun(reference, multiple_results=True))
mlir.register_lowering(circuit_p, _lower_on_cpu, platform="cpu")
batching.primitive_batchers[circuit_p] = functools.partial(batched_samples, circuit_p)
partial_eval.dce_rules[circuit_p] = _eliminate
