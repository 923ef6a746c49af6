# pyright: reportAttributeAccessIssue=false, reportReturnType=false, reportOptionalMemberAccess=false
# (the values of a jaxpr are typed by what they are at run time)
"""The step of an elementwise scan as a jaxpr over scalars, without a shape.

A step is elementwise, so one neuron says all: `(params, carry, xs) -> (carry, ys)` is traced for
scalars, whatever the shape of the arrays. Batching then changes nothing, and differentiation,
transposition and translation work on a flat list of scalar equations.
"""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import jax
from jax.extend.core import ClosedJaxpr, Jaxpr

from ._jaxpr import on_scalars, replay


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


def chosen(items: Iterable, flags: Iterable[bool]) -> list:
    """Return the items whose flag is set."""
    return [item for item, flag in zip(items, flags, strict=True) if flag]


def merged(flags: Iterable[bool], chosen: Iterable, others: Iterable) -> list:
    """Undo a choice: take from `chosen` where the flag is set, else from `others`."""
    chosen, others = iter(chosen), iter(others)
    return [next(chosen) if flag else next(others) for flag in flags]
