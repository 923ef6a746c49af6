"""Values that have a derivative forwards and refuse one backwards."""

import equinox as eqx
import jax
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

from ..numerics import fail

forward_only_p = Primitive("forward_only")


def forward_only(tree):
    """Return a tree of which reverse mode is refused by name, before JAX meets what is behind it.

    **Raises:** `NeuropilError` when a gradient is taken through it in reverse mode.
    """
    return jax.tree.map(lambda x: forward_only_p.bind(x) if eqx.is_inexact_array(x) else x, tree)


def _refuse(cotangent, x):
    fail(
        "settle",
        "a gradient in reverse mode, through a number of steps that is not fixed",
        "forward mode, or a run of fixed length",
        "use jax.jvp or jax.jacfwd, or simulate with constant inputs",
    )


forward_only_p.def_impl(lambda x: x)
forward_only_p.def_abstract_eval(lambda x: x)
ad.deflinear2(forward_only_p, _refuse)
batching.defvectorized(forward_only_p)
mlir.register_lowering(forward_only_p, lambda context, x: [x])
