"""A user's step and its arrays, brought into the form of the scan primitives."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree

from ._errors import fail
from ._lowering import ELEMENTWISE, outline
from ._step import Step, chosen, flatten, merged, scalar

_NO_DEVICES = jax.sharding.AbstractMesh((), ())


@dataclasses.dataclass(frozen=True)
class ByNeuron:
    """A step for one neuron, flat operands of the rank of the neurons, and the way back."""

    step: Step
    params: list[jax.Array]
    carry: list[jax.Array]
    xs: list[jax.Array]
    length: int
    carry_structure: Any
    y_structure: Any

    def results(self, out: list) -> tuple[PyTree, PyTree]:
        """Return the carry and the ys as the user's step returns them."""
        n_carry = self.step.n_carry
        carry = self.carry_structure.unflatten(out[:n_carry])
        return carry, self.y_structure.unflatten(out[n_carry:])


def check(step: Any, xs: Any) -> None:
    """Refuse a step that is no function, and xs without one time."""
    if not callable(step):
        fail("step", step, "a function of params, carry and one tick of xs", "pass a function")
    leaves = jax.tree.leaves(xs)
    other = sorted({type(leaf).__name__ for leaf in leaves if not _is_numeric(leaf)})
    if other:
        fail("xs", f"leaves of type {other}", "arrays of numbers [time, *n]", "convert them")
    lengths = {jnp.shape(leaf)[:1] for leaf in leaves}
    if len(lengths) != 1 or lengths & {(), (0,)}:
        fail(
            "xs",
            f"leaves with leading axes {sorted(lengths)}",
            "one or more arrays [time, *n] of the same time",
            "put time first in every leaf of xs",
        )


def by_neuron(step: Callable, params: PyTree, carry: PyTree, xs: PyTree) -> ByNeuron | None:
    """Trace a step for one neuron; return None if that would not say all."""
    param_leaves, param_structure = jax.tree.flatten(params)
    carry_leaves, carry_structure = jax.tree.flatten(carry)
    x_leaves, x_structure = jax.tree.flatten(xs)
    is_array = [isinstance(leaf, jax.Array | np.ndarray | np.generic) for leaf in param_leaves]
    arrays = [jnp.asarray(leaf) for leaf in chosen(param_leaves, is_array)]
    others = chosen(param_leaves, [not flag for flag in is_array])
    carry_leaves, x_leaves = (
        [jnp.asarray(v) for v in leaves] for leaves in (carry_leaves, x_leaves)
    )
    y_structure = None

    def flat(array_values, carry_values, x_values):
        nonlocal y_structure
        carry_out, ys = step(
            param_structure.unflatten(merged(is_array, array_values, others)),
            carry_structure.unflatten(carry_values),
            x_structure.unflatten(x_values),
        )
        y_leaves, y_structure = jax.tree.flatten(ys)
        return carry_structure.flatten_up_to(carry_out), y_leaves

    ticks = [jax.ShapeDtypeStruct(x.shape[1:], x.dtype) for x in x_leaves]
    shape = carry_leaves[0].shape if carry_leaves else max((x.shape for x in ticks), key=len)
    traced = _one_neuron(flat, arrays, carry_leaves, ticks, shape)
    if traced is None:
        return None
    one, constants = traced

    def aligned(array, n_before=0):
        before, after = array.shape[:n_before], array.shape[n_before:]
        return array.reshape(*before, *(1,) * (len(shape) - len(after)), *after)

    return ByNeuron(
        one,
        [aligned(jnp.asarray(array)) for array in (*constants, *arrays)],
        carry_leaves,
        [aligned(x, 1) for x in x_leaves],
        x_leaves[0].shape[0],
        carry_structure,
        y_structure,
    )


def _one_neuron(function, params, carry, xs, shape):
    """Trace a step for one neuron, if the trace for all of them does the same, neuron by neuron."""
    inputs = [*params, *carry, *xs]
    if any(jax.dtypes.issubdtype(v.dtype, jax.dtypes.extended) for v in inputs):
        return None
    if any(v.shape != shape for v in carry) or not _broadcast_to(shape, inputs):
        return None
    for_all = jax.make_jaxpr(function)(params, carry, xs)
    if not {line[0] for line in outline(for_all.jaxpr)[0]} <= ELEMENTWISE:
        return None
    try:
        with jax.sharding.use_abstract_mesh(_NO_DEVICES):  # where one neuron need not be placed
            for_one = jax.make_jaxpr(function)(*jax.tree.map(scalar, (params, carry, xs)))
    except (TypeError, ValueError, IndexError):  # the step needs the shape of the whole
        return None
    closed_over = all(jnp.ndim(constant) == 0 for constant in for_one.consts)
    same = outline(for_all.jaxpr) == outline(for_one.jaxpr)
    shapes = all(v.shape == shape for v in for_all.out_avals)
    kept = all(a.dtype == b.dtype for a, b in zip(carry, for_one.out_avals, strict=False))
    if closed_over and same and shapes and kept and all(v.shape == () for v in for_one.out_avals):
        return flatten(for_one, len(params), len(carry))
    return None


def _broadcast_to(shape, arrays):
    try:
        return np.broadcast_shapes(shape, *(v.shape for v in arrays)) == shape
    except ValueError:
        return False


def _is_numeric(leaf):
    if isinstance(leaf, np.ndarray | np.generic):
        return leaf.dtype.kind not in "OSUM"
    return isinstance(leaf, jax.Array | bool | int | float | complex)
