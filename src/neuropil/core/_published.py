"""Whether all that a node can publish is 0 or 1: then it travels as bits."""

from typing import Any

import jax
import jax.numpy as jnp
from jax.extend.core import Literal

from ._node import Node
from ._tick import Tick

CALLS = {"closed_call", "custom_jvp_call", "custom_vjp_call", "jit", "pjit"}
SAME = {"broadcast_in_dim", "convert_element_type", "copy", "reshape", "squeeze", "stop_gradient"}
WITHIN = {"max", "min", "mul"}


def publishes_bits(node: Node) -> bool:
    """Return whether every output of a node is 0 or 1, as far as its equations tell."""

    def output(inputs, index, key):
        return node.step(node.init(key=key), inputs, Tick(index, 1.0, key))[1]

    inputs = {port: jnp.zeros(shape) for port, shape in node.ports.items()}
    found = jax.make_jaxpr(output)(inputs, jnp.zeros((), int), jax.random.key(0)).jaxpr
    return _outputs(found, [False] * len(found.invars))[0]


def _outputs(jaxpr: Any, inputs: list[bool]) -> list[bool]:
    """Return which results are 0 or 1, given which operands are."""
    known = dict(zip(jaxpr.invars, inputs, strict=True))

    def is_bit(atom):
        if isinstance(atom, Literal):
            return atom.val in (0, 1)
        return atom.aval.dtype == jnp.bool_ or known.get(atom, False)

    for equation in jaxpr.eqns:
        bits = [is_bit(atom) for atom in equation.invars]
        known.update(zip(equation.outvars, _results(equation, bits), strict=True))
    return [is_bit(atom) for atom in jaxpr.outvars]


def _results(equation, bits):
    name = equation.primitive.name
    if name in CALLS:
        called = equation.params.get("jaxpr", equation.params.get("call_jaxpr"))
        return _outputs(called.jaxpr, bits)
    if name == "select_n":
        return [all(bits[1:])]
    return [name in SAME | WITHIN and all(bits)] * len(equation.outvars)
