# pyright: reportAttributeAccessIssue=false, reportReturnType=false, reportOptionalMemberAccess=false
# (the values of a jaxpr are typed by what they are at run time)
"""What can be derived from a step: what it computes once, what is needed of it, its derivatives."""

import dataclasses
import functools
import itertools

import jax
import jax.numpy as jnp

from ._jaxpr import dependents, is_variable, needed, on_scalars, replay
from ._step import Step, chosen, flatten, merged, scalar, trace


@functools.lru_cache(maxsize=1024)
def hoist(step: Step) -> tuple[Step, tuple]:
    """Move what depends on params alone out of the step.

    Returns the rest, and those variables of the old step that are the params of the rest.
    """
    jaxpr = step.jaxpr
    params, carry, xs = step.split(jaxpr.invars)
    fixed, constant = set(params), set()
    for equation in jaxpr.eqns:
        inputs = {v for v in equation.invars if is_variable(v)}
        if inputs <= constant:
            constant.update(equation.outvars)
        elif inputs <= fixed | constant:
            fixed.update(equation.outvars)
    known = [*fixed, *carry, *xs]
    inside = needed(jaxpr, known, jaxpr.outvars)
    read = [v for equation in inside for v in equation.invars] + list(jaxpr.outvars)
    boundary = list(dict.fromkeys(v for v in read if is_variable(v) and v in fixed))

    def rest(*values):
        known = dict(zip([*boundary, *carry, *xs], itertools.chain(*values), strict=True))
        out = replay(jaxpr, known, jaxpr.outvars, on_scalars)
        return out[: step.n_carry], out[step.n_carry :]

    return trace(rest, boundary, carry, xs), tuple(boundary)


@functools.lru_cache(maxsize=1024)
def prune(
    step: Step, used_carry: tuple[bool, ...], used_ys: tuple[bool, ...]
) -> tuple[Step, tuple[bool, ...], tuple[bool, ...]]:
    """Drop what the used results do not need.

    Returns the rest, which of the carry are left, and which inputs.
    """
    inputs = step.jaxpr.invars
    while True:
        wanted = [*chosen(step.carry_out, used_carry), *chosen(step.ys, used_ys)]
        equations = needed(step.jaxpr, inputs, wanted)
        read = {v for e in equations for v in e.invars if is_variable(v)}
        read |= {v for v in wanted if is_variable(v)}
        old_carry = step.split(inputs)[1]
        found = tuple(u or v in read for u, v in zip(used_carry, old_carry, strict=True))
        if found == used_carry:
            break
        used_carry = found
    params, carry, xs = step.split(inputs)
    params, carry = [v for v in params if v in read], chosen(carry, used_carry)
    xs = [v for v in xs if v in read]

    def rest(*values):
        known = dict(zip([*params, *carry, *xs], itertools.chain(*values), strict=True))
        out = replay(step.jaxpr, known, wanted, on_scalars)
        return out[: len(carry)], out[len(carry) :]

    left = {*params, *carry, *xs}
    return trace(rest, params, carry, xs), used_carry, tuple(v in left for v in inputs)


@dataclasses.dataclass(frozen=True)
class Linearised:
    """A step split in two: one that also returns what its derivative needs, and the derivative.

    The `tangent` step takes all params and the tangents of the moving ones as params, the tangents
    of the moving carry as carry, and `saved` and the tangents of the moving xs as xs. An entry of
    `saved` is the position of an input x, or of a result y of `forward` counted after all xs.
    """

    forward: Step
    tangent: Step
    saved: tuple[int, ...]
    moving_carry: tuple[bool, ...]
    moving_ys: tuple[bool, ...]


@functools.lru_cache(maxsize=1024)
def linearise(
    step: Step,
    moving_params: tuple[bool, ...],
    moving_carry: tuple[bool, ...],
    moving_xs: tuple[bool, ...],
) -> Linearised:
    """Linearise a step in the inputs that move. A carry that comes to move is found here."""
    while True:
        moving = (*moving_params, *moving_carry, *moving_xs)
        joint = _joint(step, moving)
        n_in, n_out = len(step.jaxpr.invars), len(step.jaxpr.outvars)
        primals, tangents = joint.invars[:n_in], joint.invars[n_in:]
        outputs, output_tangents = joint.outvars[:n_out], joint.outvars[n_out:]
        varying = dependents(joint, tangents)
        moves = [is_variable(v) and v in varying for v in output_tangents]
        found = tuple(map(any, zip(moving_carry, moves[: step.n_carry], strict=True)))
        if found == moving_carry:
            break
        moving_carry = found
    moving_ys = tuple(moves[step.n_carry :])
    params, carry, xs = step.split(primals)
    tangent_params = tangents[: sum(moving_params)]
    tangent_carry = tangents[sum(moving_params) : sum(moving_params) + sum(moving_carry)]
    tangent_xs = tangents[sum(moving_params) + sum(moving_carry) :]
    wanted = chosen(output_tangents, (*moving_carry, *moving_ys))

    saved = _cheapest(joint, varying, params, carry, xs, [*params, *tangents], wanted)
    new = [v for v in dict.fromkeys(saved) if v not in xs and v not in outputs[step.n_carry :]]
    sources = [*xs, *outputs[step.n_carry :], *new]

    def forward(*values):
        known = dict(zip(primals, itertools.chain(*values), strict=True))
        out = replay(joint, known, [*outputs, *new], on_scalars)
        return out[: step.n_carry], out[step.n_carry :]

    def tangent(*values):
        inputs = [*params, *tangent_params, *tangent_carry, *saved, *tangent_xs]
        known = dict(zip(inputs, itertools.chain(*values), strict=True))
        out = replay(joint, known, wanted, on_scalars)
        return out[: sum(moving_carry)], out[sum(moving_carry) :]

    return Linearised(
        trace(forward, params, carry, xs),
        trace(tangent, [*params, *tangent_params], tangent_carry, [*saved, *tangent_xs]),
        tuple(sources.index(v) for v in saved),
        moving_carry,
        moving_ys,
    )


def _joint(step, moving):
    """Trace the step with its tangents: `(*inputs, *moving tangents) -> (*outs, *tangents)`."""
    inputs = list(map(scalar, step.jaxpr.invars))

    def joint(inputs, tangents):
        still = chosen(inputs, [not flag for flag in moving])

        def of_moving(*values):
            known = dict(zip(step.jaxpr.invars, merged(moving, values, still), strict=True))
            return replay(step.jaxpr, known, step.jaxpr.outvars, on_scalars)

        outs, out_tangents = jax.jvp(of_moving, chosen(inputs, moving), list(tangents))
        is_real = [jnp.issubdtype(jnp.result_type(out), jnp.floating) for out in outs]
        return outs, [t if real else 0.0 for t, real in zip(out_tangents, is_real, strict=True)]

    def flat(*values):
        outs, tangents = joint(values[: len(inputs)], values[len(inputs) :])
        return [*outs, *tangents]

    closed = jax.make_jaxpr(flat)(*inputs, *chosen(inputs, moving))
    return flatten(closed, 0, 0)[0].jaxpr


def _cheapest(joint, varying, params, carry, xs, known, wanted):
    """Choose what to keep for the derivative, by bytes moved: its factors, or the step's inputs."""
    over_time = dependents(joint, [*carry, *xs])
    read = [v for equation in needed(joint, known, wanted) for v in equation.invars] + wanted

    read_by_tangents = [
        v
        for equation in needed(joint, known, wanted)
        if any(v in varying for v in equation.outvars)
        for v in equation.invars
    ]
    factors = [
        v
        for v in dict.fromkeys(v for v in read_by_tangents if is_variable(v))
        if v in over_time and v not in varying
    ]
    inputs = [v for v in dict.fromkeys(v for v in read if is_variable(v)) if v in {*carry, *xs}]

    def traffic(variables):
        return sum(v.aval.dtype.itemsize * (1 if v in xs else 2) for v in variables)

    return factors if traffic(factors) <= traffic(inputs) else inputs


@functools.lru_cache(maxsize=1024)
def transpose(step: Step, linear_params: tuple[bool, ...], linear_xs: tuple[bool, ...]) -> Step:
    """Transpose a step that is linear in its carry and in the params and xs that are marked.

    Params of the result: the other params. Carry: cotangents of the carry, then sums of the
    cotangents of the linear params. xs: the other xs, then cotangents of the ys. ys: cotangents of
    the linear xs. It is to run in the opposite direction.
    """
    params, carry, xs = step.split(step.jaxpr.invars)
    fixed_params = chosen(params, [not flag for flag in linear_params])
    fixed_xs = chosen(xs, [not flag for flag in linear_xs])
    summed, driven = chosen(params, linear_params), chosen(xs, linear_xs)

    def backwards(param_values, carry_values, x_values):
        cotangents = [*carry_values[: len(carry)], *x_values[len(fixed_xs) :]]
        sums = carry_values[len(carry) :]
        known = dict(zip(fixed_params, param_values, strict=True))
        known |= dict(zip(fixed_xs, x_values, strict=False))

        def linear(*values):
            moving = dict(zip([*summed, *carry, *driven], values, strict=True))
            return replay(step.jaxpr, known | moving, step.jaxpr.outvars, on_scalars)

        pull = jax.linear_transpose(linear, *map(scalar, [*summed, *carry, *driven]))
        back = pull(cotangents)
        added = [a + b for a, b in zip(sums, back[: len(summed)], strict=True)]
        rest = back[len(summed) :]
        return [*rest[: len(carry)], *added], rest[len(carry) :]

    return trace(backwards, fixed_params, [*carry, *summed], [*fixed_xs, *step.ys])
