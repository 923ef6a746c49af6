# pyright: reportAttributeAccessIssue=false, reportReturnType=false, reportOptionalMemberAccess=false
# (the values of a jaxpr are typed by what they are at run time)
"""The step of an elementwise scan as a jaxpr over scalars, and what can be derived from it.

A step is elementwise, so one neuron says all: `(params, carry, xs) -> (carry, ys)` is traced for
scalars, whatever the shape of the arrays. Batching then changes nothing, and differentiation,
transposition and translation work on a flat list of scalar equations.
"""

import dataclasses
import functools
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn, Literal

CALLS = {"jit", "pjit", "closed_call", "core_call", "checkpoint", "remat", "remat2"}
IDENTITIES = {
    "broadcast_in_dim", "copy", "copy_p", "optimization_barrier", "reshape", "reshard", "squeeze"
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Step:
    """A flat jaxpr `(*params, *carry, *xs) -> (*carry, *ys)` over scalars, without constants.

    `shares` tells of how many equal shares of a population the neurons are one: what is compiled
    is decided by the whole, so that shares are computed as it is.
    """

    jaxpr: Jaxpr
    n_params: int
    n_carry: int
    shares: int = 1

    def split(self, operands: Sequence) -> tuple[list, list, list]:
        """Return the operands as params, carry, xs."""
        first, second = self.n_params, self.n_params + self.n_carry
        return list(operands[:first]), list(operands[first:second]), list(operands[second:])

    @property
    def carry_out(self) -> list:
        """The variables of the next carry."""
        return list(self.jaxpr.outvars[: self.n_carry])

    @property
    def ys(self) -> list:
        """The variables of the results of a tick."""
        return list(self.jaxpr.outvars[self.n_carry :])


# --- evaluation ---------------------------------------------------------------------------------


def is_variable(atom: Any) -> bool:
    """Whether an atom of a jaxpr is a variable, not a number."""
    return not isinstance(atom, Literal)


def number(literal: Literal) -> Any:
    """Return the value of a literal, of its own type."""
    return literal.aval.dtype.type(literal.val)


def replay(
    jaxpr: Jaxpr, known: Mapping, wanted: Sequence, apply: Callable[[JaxprEqn, list], list]
) -> list:
    """Evaluate the wanted atoms from known variables, and nothing that they do not need."""
    values = dict(known)
    for equation in needed(jaxpr, known, wanted):
        operands = [values[v] if is_variable(v) else number(v) for v in equation.invars]
        values.update(zip(equation.outvars, apply(equation, operands), strict=True))
    return [values[v] if is_variable(v) else number(v) for v in wanted]


def needed(jaxpr: Jaxpr, known: Iterable, wanted: Sequence) -> list[JaxprEqn]:
    """Return the equations that lead from the known variables to the wanted atoms."""
    known = set(known)
    missing = {v for v in wanted if is_variable(v)} - known
    kept = []
    for equation in reversed(jaxpr.eqns):
        if missing.intersection(equation.outvars):
            kept.append(equation)
            missing.update(v for v in equation.invars if is_variable(v) and v not in known)
    return kept[::-1]


def dependents(jaxpr: Jaxpr, sources: Iterable) -> set:
    """Return the sources and all variables computed from them."""
    found = set(sources)
    for equation in jaxpr.eqns:
        if any(v in found for v in equation.invars if is_variable(v)):
            found.update(equation.outvars)
    return found


def called(equation: JaxprEqn) -> tuple[Jaxpr, Sequence]:
    """Return the jaxpr that a call calls, and its constants."""
    inner = equation.params.get("jaxpr", equation.params.get("call_jaxpr"))
    return (inner.jaxpr, inner.consts) if hasattr(inner, "consts") else (inner, ())


def inline(equation: JaxprEqn, operands: list, apply: Callable[[JaxprEqn, list], list]) -> list:
    """Apply the equations of a call instead of the call."""
    jaxpr, constants = called(equation)
    known = dict(zip([*jaxpr.constvars, *jaxpr.invars], [*constants, *operands], strict=True))
    return replay(jaxpr, known, jaxpr.outvars, apply)


def on_scalars(equation: JaxprEqn, operands: list) -> list:
    """Apply an equation to scalars: calls are inlined, custom derivatives kept."""
    if equation.primitive.name in CALLS:
        return inline(equation, operands, on_scalars)
    if equation.primitive.name in IDENTITIES:
        return operands
    parameters = equation.primitive.get_bind_params(equation.params)
    results = equation.primitive.bind(*operands, **parameters)
    return results if equation.primitive.multiple_results else [results]


def on_arrays(equation: JaxprEqn, operands: list) -> list:
    """Apply a scalar equation to arrays that broadcast."""
    if equation.primitive.name in CALLS or equation.primitive.name == "custom_jvp_call":
        return inline(equation, operands, on_arrays)
    return on_scalars(equation, jnp.broadcast_arrays(*operands))


def on_arrays_differentiably(equation: JaxprEqn, operands: list) -> list:
    """Apply a scalar equation to arrays that broadcast, and keep its custom derivative."""
    if equation.primitive.name != "custom_jvp_call":
        return on_arrays(equation, operands)
    arrays = jnp.broadcast_arrays(*operands)

    def mapped(*scalars):
        return on_scalars(equation, list(scalars))

    for _ in range(arrays[0].ndim):
        mapped = jax.vmap(mapped)
    return mapped(*arrays)


# --- construction -------------------------------------------------------------------------------


def scalar(like: Any) -> jax.ShapeDtypeStruct:
    """Return the abstract scalar of an array's or variable's type."""
    return jax.ShapeDtypeStruct((), getattr(like, "aval", like).dtype)


def flatten(jaxpr: ClosedJaxpr, n_params: int, n_carry: int) -> tuple[Step, list]:
    """Make a step of a jaxpr over scalars.

    Its constants are returned too: they are the first params of the step.
    """
    inputs = [*jaxpr.jaxpr.constvars, *jaxpr.jaxpr.invars]

    def inlined(*scalars):
        known = dict(zip(inputs, scalars, strict=True))
        return replay(jaxpr.jaxpr, known, jaxpr.jaxpr.outvars, on_scalars)

    flat = jax.make_jaxpr(inlined)(*map(scalar, inputs))
    return Step(flat.jaxpr, len(jaxpr.consts) + n_params, n_carry), list(jaxpr.consts)


def trace(function: Callable, params: Sequence, carry: Sequence, xs: Sequence) -> Step:
    """Make a step of `function(params, carry, xs) -> (carry, ys)`, lists like those given."""
    step = Step(None, len(params), len(carry))

    def flat(*scalars):
        carry_out, ys = function(*step.split(scalars))
        return [*carry_out, *ys]

    jaxpr = jax.make_jaxpr(flat)(*map(scalar, [*params, *carry, *xs]))
    return flatten(jaxpr, step.n_params, step.n_carry)[0]


# --- derivation ---------------------------------------------------------------------------------


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


def chosen(items: Iterable, flags: Iterable[bool]) -> list:
    """Return the items whose flag is set."""
    return [item for item, flag in zip(items, flags, strict=True) if flag]


def merged(flags: Iterable[bool], chosen: Iterable, others: Iterable) -> list:
    """Undo a choice: take from `chosen` where the flag is set, else from `others`."""
    chosen, others = iter(chosen), iter(others)
    return [next(chosen) if flag else next(others) for flag in flags]


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
