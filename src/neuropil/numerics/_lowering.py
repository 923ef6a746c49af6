# pyright: reportAttributeAccessIssue=false, reportReturnType=false, reportOptionalMemberAccess=false
# (the values of a jaxpr are typed by what they are at run time)
"""Translation of a scalar step into the Python statements of a loop over neurons, for Numba."""

from typing import Any

import numpy as np
from jax.extend.core import Jaxpr, JaxprEqn

from ._jaxpr import CALLS, IDENTITIES, inline, replay
from ._step import Step

INFIX = {
    "add": "+", "add_any": "+", "sub": "-", "mul": "*",
    "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
    "and": "&", "or": "|", "xor": "^",
}  # fmt: skip

# {type} is the type of the result; {math} is where functions of that precision are found.
FORMATS = {
    "neg": "-{0}",
    "abs": "abs({0})",
    "max": "({0} if ({0} >= {1}) | ({0} != {0}) else {1})",
    "min": "({0} if ({0} <= {1}) | ({0} != {0}) else {1})",
    "clamp": "({0} if {1} < {0} else ({2} if {1} > {2} else {1}))",
    "sign": "({0} if {0} != {0} else {type}({0} > 0) - {type}({0} < 0))",
    "square": "{0} * {0}",
    "sqrt": "math.sqrt({0})",
    "rsqrt": "{type}(1) / {type}(math.sqrt({0}))",
    "exp": "{math}exp({0})",
    "expm1": "{math}expm1({0})",
    "log": "{math}log({0})",
    "log1p": "{math}log1p({0})",
    "tanh": "{math}tanh({0})",
    "logistic": "{type}(1) / ({type}(1) + {type}({math}exp(-{0})))",
    "sin": "math.sin({0})",
    "cos": "math.cos({0})",
    "tan": "math.tan({0})",
    "atan": "math.atan({0})",
    "sinh": "math.sinh({0})",
    "cosh": "math.cosh({0})",
    "erf": "math.erf({0})",
    "pow": "math.pow({0}, {type}({1}))",
    "floor": "np.floor({0})",
    "ceil": "np.ceil({0})",
    "is_finite": "math.isfinite({0})",
    "stop_gradient": "{0}",
}

SPECIAL = {"div", "not", "select_n", "integer_pow", "convert_element_type", "round"}

# Known to treat every neuron alone, but left to XLA.
UNTRANSLATED = {
    "acos", "acosh", "asin", "asinh", "atan2", "atanh", "cbrt", "digamma", "erf_inv", "erfc",
    "exp2", "lgamma", "nextafter", "rem", "shift_left", "shift_right_arithmetic",
    "shift_right_logical",
}  # fmt: skip

ELEMENTWISE = INFIX.keys() | FORMATS.keys() | SPECIAL | UNTRANSLATED
INLINED = CALLS | {"custom_jvp_call"}


class Untranslatable(Exception):
    """Raised for an equation that has no counterpart in a kernel."""


def statements(step: Step, inputs: list[str]) -> tuple[list[str], list[str]]:
    """Return the statements that compute a step from named inputs, and the names of its results.

    **Raises:** `Untranslatable`.
    """
    lines: list[str] = []

    def apply(equation, operands):
        if equation.primitive.name in INLINED:
            return inline(equation, operands, apply)
        if equation.primitive.name in IDENTITIES:
            return operands
        (result,) = equation.outvars
        lines.append(f"v{len(lines)} = {result.aval.dtype.name}({_expression(equation, operands)})")
        return [f"v{len(lines) - 1}"]

    known = dict(zip(step.jaxpr.invars, inputs, strict=True))
    results = replay(step.jaxpr, known, step.jaxpr.outvars, apply)
    return lines, [_named(result) for result in results]


def outline(jaxpr: Jaxpr) -> tuple[list[tuple], list[str]]:
    """Return what a jaxpr computes, whatever the shapes, and the names of its results.

    Each entry holds the name of a primitive, its operands and its type, calls opened.
    """
    lines: list[tuple] = []

    def apply(equation, operands):
        name, kinds = equation.primitive.name, [v.aval.dtype for v in equation.outvars]
        if name in INLINED:
            return inline(equation, operands, apply)
        if name in IDENTITIES and _keeps_axes(equation):
            return operands[: len(kinds)]
        if name == "convert_element_type" and equation.invars[0].aval.dtype == kinds[0]:
            return operands
        options = [str(equation.params.get(key)) for key in ("y", "rounding_method")]
        lines.append((name, *map(str, operands), *map(str, kinds), *options))
        return [f"v{len(lines)}.{k}" for k in range(len(kinds))]

    inputs = [*jaxpr.constvars, *jaxpr.invars]
    known = {v: f"input {i}" for i, v in enumerate(inputs)}
    return lines, [str(result) for result in replay(jaxpr, known, jaxpr.outvars, apply)]


def _keeps_axes(equation: JaxprEqn) -> bool:
    """Whether every axis, counted from the last, is where it was, so that no neuron moves."""
    before, after = equation.invars[0].aval.shape, equation.outvars[0].aval.shape
    if equation.primitive.name in ("reshape", "squeeze"):
        first = len(after) - len(before)
        longer, shorter = (after, before) if first > 0 else (before, after)
        return longer == (1,) * abs(first) + shorter
    if equation.primitive.name == "broadcast_in_dim":
        first, places = len(after) - len(before), equation.params["broadcast_dimensions"]
        moved = [i for i, place in enumerate(places) if place != first + i]
        return all(before[i] == 1 for i in moved)
    return True


def _expression(equation: JaxprEqn, operands: list[Any]) -> str:
    name = equation.primitive.name
    values = [_named(value) for value in operands]
    kind = equation.outvars[0].aval.dtype
    kinds = [v.aval.dtype for v in equation.invars]
    if name in INFIX:
        return f" {INFIX[name]} ".join(values)
    if name in FORMATS:
        return FORMATS[name].format(
            *values, type=kind.name, math="" if kind == np.float32 else "math."
        )
    if name == "div" and np.issubdtype(kind, np.floating):
        return f"{values[0]} / {values[1]}"
    if name == "not":
        return f"not {values[0]}" if kind == np.bool_ else f"~{values[0]}"
    if name == "select_n" and len(values) == 3:
        return f"{values[2]} if {values[0]} else {values[1]}"
    if name == "integer_pow" and 0 < abs(equation.params["y"]) <= 8:
        product = " * ".join(values * abs(equation.params["y"]))
        return product if equation.params["y"] > 0 else f"{kind.name}(1) / ({product})"
    if name == "convert_element_type":
        return _converted(values[0], kinds[0], kind)
    if name == "round" and int(equation.params["rounding_method"]) == 1:  # to nearest even
        return f"np.rint({values[0]})"
    raise Untranslatable(f"{name} of {', '.join(map(str, kinds))}")


def _converted(value: str, before: np.dtype, after: np.dtype) -> str:
    """Return a conversion as XLA makes it: to integers, NaN is 0 and what is too large the most."""
    if after == np.bool_:
        return f"{value} != 0"
    if not (np.issubdtype(before, np.floating) and np.issubdtype(after, np.integer)):
        return value
    limits = np.iinfo(after)
    low, high = (f"{before.name}({float(x)!r})" for x in (limits.min, limits.max + 1))
    kept = f"{after.name}({limits.min}) if {value} <= {low} else {after.name}({value})"
    kept = f"{after.name}({limits.max}) if {value} >= {high} else ({kept})"
    return f"{after.name}(0) if {value} != {value} else ({kept})"


def _named(value: Any) -> str:
    """Return the name of a variable, or the source of a number."""
    if isinstance(value, str):
        return value
    shown = {"inf": "np.inf", "-inf": "-np.inf", "nan": "np.nan"}.get(str(value), str(value))
    return f"{value.dtype.name}({shown})"
