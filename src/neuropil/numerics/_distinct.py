# pyright: reportAttributeAccessIssue=false
# (the values of a jaxpr are typed by what they are at run time)
"""What a function computes: each operation once, and from which of its arguments."""

from collections.abc import Callable
from typing import Any

import jax
from jax.extend.core import JaxprEqn

from ._jaxpr import CALLS, inline, is_variable, replay


def distinct(function: Callable[..., Any], *arguments: Any) -> Any:
    """Return `function(*arguments)`, each operation on the same numbers done only once.

    What is not merged here is compiled, and perhaps computed, as often as it is written.
    """
    closed, shapes = jax.make_jaxpr(function, return_shape=True)(*arguments)
    done: dict[Any, tuple[list, list]] = {}

    def apply(equation: JaxprEqn, operands: list) -> list:
        if equation.primitive.name in CALLS:
            return inline(equation, operands, apply)
        names = [_name(v, x) for v, x in zip(equation.invars, operands, strict=True)]
        key = equation.primitive, str(equation.params), *names
        if key not in done:
            parameters = equation.primitive.get_bind_params(equation.params)
            found = equation.primitive.bind(*operands, **parameters)
            results = found if equation.primitive.multiple_results else [found]
            done[key] = list(results), operands  # operands are kept so that no other gets their id
        return done[key][0]

    jaxpr = closed.jaxpr
    known = dict(zip(jaxpr.constvars, closed.consts, strict=True))
    known |= dict(zip(jaxpr.invars, jax.tree.leaves(arguments), strict=True))
    return jax.tree.unflatten(
        jax.tree.structure(shapes), replay(jaxpr, known, jaxpr.outvars, apply)
    )


def _name(atom, operand):
    return id(operand) if is_variable(atom) else (str(atom.aval), repr(operand))


def reads(function: Callable[..., list], *arguments: Any) -> list[list[bool]]:
    """Return, for every result of a function, which of its arguments it may depend on."""
    jaxpr = jax.make_jaxpr(function)(*arguments).jaxpr
    sources = {variable: {position} for position, variable in enumerate(jaxpr.invars)}
    for equation in jaxpr.eqns:
        read = set().union(*(sources.get(v, ()) for v in equation.invars if is_variable(v)))
        sources.update(dict.fromkeys(equation.outvars, read))
    found = [sources.get(v, set()) if is_variable(v) else set() for v in jaxpr.outvars]
    return [[position in read for position in range(len(arguments))] for read in found]
