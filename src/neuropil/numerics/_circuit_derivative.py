# pyright: reportAttributeAccessIssue=false, reportArgumentType=false
# (the values of a jaxpr are typed by what they are at run time)
"""Derivatives of circuits: the tangent is another circuit, and its transpose runs backwards.

The step of every population is linearised. The run itself then also keeps what the derivative
needs, tick by tick; the tangent is a circuit of linear steps with the same wires; and transposed,
time and wires are reversed (see `_circuit_back`). Weights stand still: what their tangents deliver
is known after the run, and arrives from outside. Whoever moves them here differentiates the
reference.
"""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

from . import _circuit_primitive
from ._circuit import Circuit, Own, reference
from ._circuit_back import Back
from ._circuit_back import reference as reference_back
from ._circuit_primitive import batched_samples, circuit_p
from ._compiler import has_compiler
from ._derived_step import linearise, transpose
from ._jaxpr import on_arrays_differentiably, on_scalars, replay
from ._lowering import Untranslatable
from ._scan_primitive import hoisted, summed_to, without_repetition
from ._step import Step, chosen, merged, trace

circuit_back_p = Primitive("circuit_back")
circuit_back_p.multiple_results = True


# --- forwards -----------------------------------------------------------------------------------


def _differentiate(primals, tangents, *, circuit: Circuit, length: int):
    populations, wires = circuit.split(primals)
    moving, by_wires = circuit.split(tangents)
    found_splits = [
        _split(step, _moves(own.params), _moves(own.carry), _moves(own.xs), n_arrivals)
        for step, own, n_arrivals in zip(circuit.steps, moving, circuit.arrivals, strict=True)
    ]
    still = not any(any(_moves(wire)) for wire in by_wires)
    if not still or any(split is None for split in found_splits):
        return _differentiate_reference(primals, tangents, circuit, length)

    splits = [split for split in found_splits if split is not None]
    forward = _with_steps(circuit, [split.forward for split in splits], [
        (*(flag or k in split.read for k, flag in enumerate(kept)), *(True,) * split.n_saved)
        for split, kept in zip(splits, circuit.is_kept, strict=True)
    ])  # fmt: skip
    out = circuit_p.bind(*primals, circuit=forward, length=length)
    found = _results(forward, out)

    operands, tangent_steps, tangent_kept = [], [], []
    for split, own, by, done, kept in zip(
        splits, populations, moving, found, circuit.is_kept, strict=True
    ):
        saved = [own.xs[i] if from_xs else done.ys[i] for from_xs, i in split.saved]
        params = [*own.params, *chosen(by.params, _moves(by.params))]
        step, params = hoisted(split.tangent, params)
        carry = chosen(map(ad.instantiate_zeros, by.carry), split.moving_carry)
        history = [ad.instantiate_zeros(past) for past in by.history]
        operands += [*params, *carry, *saved, *chosen(by.xs, _moves(by.xs)), *history]
        tangent_steps.append(step)
        tangent_kept.append((kept[0], *chosen(kept[1:], split.moving_ys[1:])))
    tangent = _with_steps(circuit, tangent_steps, tangent_kept)
    operands += [operand for wire in wires for operand in wire]
    along = _results(tangent, circuit_p.bind(*operands, circuit=tangent, length=length))

    primals_out, tangents_out = [], []
    for split, done, by, kept in zip(splits, found, along, circuit.is_kept, strict=True):
        ys = [done.ys[k] for k, flag in enumerate(kept) if flag]
        values = [*done.carry, *done.history, *ys]
        moved = (*split.moving_carry, *(True for _ in by.history), *chosen(split.moving_ys, kept))
        by_ys = [by.ys[k] for k in sorted(by.ys) if k or split.moving_ys[0]]
        zeros = map(_still, chosen(values, [not flag for flag in moved]))
        primals_out += values
        tangents_out += merged(moved, [*by.carry, *by.history, *by_ys], zeros)
    return primals_out, tangents_out


@dataclasses.dataclass(frozen=True)
class _Split:
    """A step split in two (see `_derived_step.Linearised`), for a population.

    `saved` are the other xs of the tangent: from xs or from the ys of `forward`, and which; those
    of the step's own ys are also listed in `read`. `n_saved` ys of `forward` are for them alone.
    """

    forward: Step
    tangent: Step
    saved: tuple[tuple[bool, int], ...]
    read: tuple[int, ...]
    n_saved: int
    moving_carry: tuple[bool, ...]
    moving_ys: tuple[bool, ...]


@functools.lru_cache(maxsize=1024)
def _split(step: Step, params, carry, xs, n_arrivals: int) -> _Split | None:
    """Split a step; arrivals move. None where no state or nothing that is published could move."""
    arriving = (True,) * n_arrivals
    kinds = [v.aval.dtype for v in (step.ys[0], *step.jaxpr.invars[-n_arrivals:])]
    if not all(jnp.issubdtype(kind, jnp.floating) for kind in kinds):
        return None
    split = linearise(step, params, carry, (*xs, *arriving))
    if not any(split.moving_carry):
        return None
    n_own, n_xs, n_ys = len(xs), len(xs) + n_arrivals, len(split.forward.ys)
    extra = [i for i in split.saved if n_own <= i < n_xs]  # arrivals are kept to be known
    saved = tuple(
        (True, i) if i < n_own else (False, n_ys + extra.index(i) if i < n_xs else i - n_xs)
        for i in split.saved
    )
    return _Split(
        _keeping(split.forward, extra),
        split.tangent if split.moving_ys[0] else _publishing_nothing(split.tangent, kinds[0]),
        saved,
        tuple(i for from_xs, i in saved if not from_xs),
        n_ys + len(extra) - len(step.ys),
        split.moving_carry,
        split.moving_ys,
    )


def _keeping(step: Step, xs: list[int]) -> Step:
    """Return the step with some of its xs as further ys."""

    def keeping(params, carry, x):
        known = dict(zip(step.jaxpr.invars, [*params, *carry, *x], strict=True))
        out = replay(step.jaxpr, known, step.jaxpr.outvars, on_scalars)
        return out[: step.n_carry], [*out[step.n_carry :], *(x[i] for i in xs)]

    return trace(keeping, *step.split(step.jaxpr.invars)) if xs else step


def _publishing_nothing(step: Step, kind) -> Step:
    """Return the step with a zero as its first y."""

    def silent(params, carry, x):
        known = dict(zip(step.jaxpr.invars, [*params, *carry, *x], strict=True))
        out = replay(step.jaxpr, known, step.jaxpr.outvars, on_scalars)
        return out[: step.n_carry], [np.dtype(kind).type(0), *out[step.n_carry :]]

    return trace(silent, *step.split(step.jaxpr.invars))


@dataclasses.dataclass(frozen=True)
class _Results:
    """What became of one population; `ys` by position, those that are kept."""

    carry: list
    history: list
    ys: dict


def _results(circuit: Circuit, out) -> list[_Results]:
    left, found = iter(out), []
    for step, depth, kept in zip(circuit.steps, circuit.depths, circuit.is_kept, strict=True):
        carry = [next(left) for _ in range(step.n_carry)]
        history = [next(left) for _ in range(depth > 0)]
        ys = {k: next(left) for k, flag in enumerate(kept) if flag}
        found.append(_Results(carry, history, ys))
    return found


def _with_steps(circuit: Circuit, steps, kept) -> Circuit:
    return dataclasses.replace(circuit, steps=tuple(steps), is_kept=tuple(kept))


def _moves(tangents) -> tuple[bool, ...]:
    return tuple(type(tangent) is not ad.Zero for tangent in tangents)


def _still(value) -> ad.Zero:
    return ad.Zero(jax.typeof(value).to_tangent_aval())


def _differentiate_reference(primals, tangents, circuit, length):
    moves = _moves(tangents)
    still = chosen(primals, [not flag for flag in moves])

    def of_moving(*moving):
        operands, apply = merged(moves, moving, still), on_arrays_differentiably
        return reference(*operands, circuit=circuit, length=length, apply=apply)

    out, by = jax.jvp(of_moving, chosen(primals, moves), chosen(tangents, moves))
    nothing = jax.dtypes.float0
    return out, [
        _still(value) if tangent.dtype == nothing else tangent
        for value, tangent in zip(out, by, strict=True)
    ]


# --- backwards ----------------------------------------------------------------------------------


def _transpose(cotangents, *operands, circuit: Circuit, length: int):
    populations, wires = circuit.split(operands)
    seeds = _results(circuit, cotangents)
    steps, arrivals, given, places = [], [], [], []
    for p, (step, own, seed) in enumerate(zip(circuit.steps, populations, seeds, strict=True)):
        linear_params, linear_xs = _unknown(own.params), _unknown(own.xs)
        inside = (True,) * circuit.arrivals[p]
        ys = {k: ct for k, ct in seed.ys.items() if type(ct) is not ad.Zero}
        ys |= _published(circuit, p, ys, seed.history, length)
        seeded = tuple(k in ys for k in range(len(step.ys)))
        back = _turned(step, linear_params, (*linear_xs, *inside), seeded)
        back, place = without_repetition(back)
        carry = list(map(ad.instantiate_zeros, seed.carry))
        sums = [jnp.zeros(carry[0].shape, v.aval.dtype) for v in chosen(own.params, linear_params)]
        back, params = hoisted(back, chosen(own.params, [not flag for flag in linear_params]))
        xs = chosen(own.xs, [not flag for flag in linear_xs])
        given += [*params, *carry, *sums, *xs, *(ys[k] for k in sorted(ys))]
        place = [i - back.n_carry for i in place[back.n_carry :]]
        arrivals.append(tuple(place[sum(linear_xs) :]))
        steps.append(back)
        places.append(place[: sum(linear_xs)])
    back = Back(tuple(steps), circuit.wires, tuple(arrivals), circuit.depths)
    given += [operand for wire in wires for operand in wire]
    out = iter(circuit_back_p.bind(*given, back=back, length=length))
    found = []
    for own, step, place, seed, depth in zip(
        populations, steps, places, seeds, circuit.depths, strict=True
    ):
        carry = [next(out) for _ in range(step.n_carry)]
        history = [next(out) for _ in range(depth > 0)]
        ys = [next(out) for _ in step.ys]
        found += _to_operands(own, carry, [ys[i] for i in place], history, seed.history, length)
    return [*found, *(None for wire in wires for _ in wire)]


def _unknown(operands) -> tuple[bool, ...]:
    return tuple(map(ad.is_undefined_primal, operands))


def _published(circuit, p, ys, history, length) -> dict:
    """Return the cotangent of what was published, with that of the past which it became."""
    if not history or type(history[0]) is ad.Zero:
        return {}
    (past,) = history
    recent = min(length, circuit.depths[p])
    own = ys.get(0, jnp.zeros((past.shape[0], length, past.shape[2]), past.dtype))
    return {0: own.at[:, length - recent :].add(past[:, :recent][:, ::-1])}


def _to_operands(own: Own, carry, xs, history, seed, length) -> list:
    """Return the cotangents of a population's operands, None where there are none."""
    n_carry, linear_params, linear_xs = len(own.carry), _unknown(own.params), _unknown(own.xs)
    if history and type(seed[0]) is not ad.Zero and seed[0].shape[1] > length:
        still = seed[0][:, length:]  # older than the run is long
        history = [history[0].at[:, : still.shape[1]].add(still)]
    found = [
        *merged(linear_params, carry[n_carry:], [None] * len(own.params)),
        *carry[:n_carry],
        *merged(linear_xs, xs, [None] * len(own.xs)),
        *history,
    ]
    operands = [*own.params, *own.carry, *own.xs, *own.history]
    return [
        summed_to(ct, v.aval.shape) if ad.is_undefined_primal(v) else None
        for ct, v in zip(found, operands, strict=True)
    ]


@functools.lru_cache(maxsize=1024)
def _turned(step: Step, linear_params, linear_xs, seeded: tuple[bool, ...]) -> Step:
    """Transpose a step; its last x is what comes back for its first y, other seeds may be none."""
    back = transpose(step, linear_params, linear_xs)
    params, carry, xs = back.split(back.jaxpr.invars)
    n_fixed = len(linear_xs) - sum(linear_xs)
    fixed, cotangents = xs[:n_fixed], xs[n_fixed:]

    def turned(params, carry, xs):
        *given, came = xs
        left = iter(given[n_fixed:])
        kinds = [np.dtype(v.aval.dtype).type for v in cotangents]
        seeds = [next(left) if f else kind(0) for f, kind in zip(seeded, kinds, strict=True)]
        seeds[0] = seeds[0] + came if seeded[0] else came
        values = [*params, *carry, *given[:n_fixed], *seeds]
        known = dict(zip(back.jaxpr.invars, values, strict=True))
        out = replay(back.jaxpr, known, back.jaxpr.outvars, on_scalars)
        return out[: back.n_carry], out[back.n_carry :]

    return trace(turned, params, carry, [*fixed, *chosen(cotangents, seeded), cotangents[0]])


def _abstract_back(*operands, back: Back, length: int):
    samples = max(v.shape[0] for v in operands)
    shapes = []
    for step, own, depth in zip(back.steps, back.split(operands)[0], back.depths, strict=True):
        size = own.carry[0].shape[-1]
        shapes += [((samples, size), v) for v in step.carry_out]
        shapes += [((samples, depth, size), step.jaxpr.invars[-1])] * (depth > 0)
        shapes += [((samples, length, size), v) for v in step.ys]
    return [jax.core.ShapedArray(shape, v.aval.dtype) for shape, v in shapes]


def _lower_on_cpu(context, *operands, back, length):
    carries = [own.carry[0] for own in back.split(context.avals_in)[0]]
    if sum(v.size for v in carries) >= _circuit_primitive.LEAST_NEURONS and has_compiler():
        from . import _circuit_back_kernel

        def compiled(*operands):
            return _circuit_back_kernel.run(back, operands, context.avals_out, length)

        try:
            return mlir.lower_fun(compiled, multiple_results=True)(context, *operands)
        except Untranslatable:
            pass
    lower = mlir.lower_fun(reference_back, multiple_results=True)
    return lower(context, *operands, back=back, length=length)


@functools.partial(jax.jit, static_argnames=("back", "length"))
def _jitted(*operands, **options):
    return circuit_back_p.bind(*operands, **options)


def _evaluate(*operands, **options):
    run = reference_back if jax.config.jax_disable_jit else _jitted
    return run(*operands, **options)


def _differentiate_back(primals, tangents, **options):
    """Differentiate the reference: for those who ask for a second derivative."""
    moves = _moves(tangents)
    still = chosen(primals, [not flag for flag in moves])

    def of_moving(*moving):
        return reference_back(*merged(moves, moving, still), **options)

    return jax.jvp(of_moving, chosen(primals, moves), chosen(tangents, moves))


ad.primitive_jvps[circuit_p] = _differentiate
ad.primitive_transposes[circuit_p] = _transpose
circuit_back_p.def_abstract_eval(_abstract_back)
circuit_back_p.def_impl(_evaluate)
mlir.register_lowering(circuit_back_p, mlir.lower_fun(reference_back, multiple_results=True))
mlir.register_lowering(circuit_back_p, _lower_on_cpu, platform="cpu")
ad.primitive_jvps[circuit_back_p] = _differentiate_back
batching.primitive_batchers[circuit_back_p] = functools.partial(batched_samples, circuit_back_p)
