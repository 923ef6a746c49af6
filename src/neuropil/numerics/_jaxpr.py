# pyright: reportAttributeAccessIssue=false, reportReturnType=false, reportOptionalMemberAccess=false
# (the values of a jaxpr are typed by what they are at run time)
"""A jaxpr, walked: which equations are needed, and what they give for scalars or for arrays."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend.core import Jaxpr, JaxprEqn, Literal

CALLS = {"jit", "pjit", "closed_call", "core_call", "checkpoint", "remat", "remat2"}
IDENTITIES = {
    "broadcast_in_dim", "copy", "copy_p", "optimization_barrier", "reshape", "squeeze"
}  # fmt: skip


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
