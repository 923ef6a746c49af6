"""Backward Euler with one step of Newton's method, for variables that are coupled stiffly."""

import jax
import jax.numpy as jnp

from ._distinct import distinct, reads
from ._integrators import Integrator


class ImplicitEuler(Integrator):
    r"""Linearly implicit Euler, $y + \Delta t\,(1 - \Delta t J)^{-1} f(y)$; first order.

    This is one Newton step of backward Euler, $y' = y + \Delta t\,f(y')$, from y.
    $J = \partial f/\partial y$ couples the variables of one neuron with each other: variables must
    be arrays of which every entry is a system of its own. The system is solved by elimination,
    entry by entry, in the order of their names; what does not depend on each other costs nothing.

    It is backward Euler itself, stable at any step, where f is linear and variables only leak and
    pull at each other, as compartments do ($J$ is diagonally dominant, its diagonal negative).
    Where some grow, as in an action potential, backward Euler has a pole: no pivot is made smaller
    than 1, which takes growth explicitly, and then a step has to resolve the growth. In between,
    what comes out of a long step depends on the order of names.

    >>> field = lambda y: {"a": 50.0 * (y["b"] - y["a"]), "b": 50.0 * (y["a"] - y["b"])}
    >>> y = ImplicitEuler().advance(field, {"a": jnp.array(1.0), "b": jnp.array(0.0)}, 10.0)
    >>> round(float(y["a"]), 2), round(float(y["b"]), 2)
    (0.5, 0.5)

    Source: Hairer & Wanner 1996, Solving Ordinary Differential Equations II,
    doi:10.1007/978-3-642-05221-7.
    """

    def advance(self, field, y, dt):
        r"""Return $y + \Delta t\,(1 - \Delta t J)^{-1} f(y)$."""
        return distinct(lambda y: _advanced(field, y, dt), y)


def _advanced(field, y, dt):
    leaves, structure = jax.tree.flatten(y)

    def slopes_at(*values):
        return structure.flatten_up_to(field(structure.unflatten(values)))

    slopes = slopes_at(*leaves)
    depends = reads(slopes_at, *leaves)
    matrix = [[None] * len(leaves) for _ in leaves]
    for column, leaf in enumerate(leaves):
        rows = [row for row in range(len(leaves)) if depends[row][column]]

        def along(value, column=column, rows=rows):
            moved = [*leaves[:column], value, *leaves[column + 1 :]]
            found = slopes_at(*moved)
            return [found[row] for row in rows]

        derivatives = jax.jvp(along, (leaf,), (jnp.ones_like(leaf),))[1]
        for row, derivative in zip(rows, derivatives, strict=True):
            matrix[row][column] = -dt * derivative
        own = matrix[column][column]
        matrix[column][column] = 1.0 if own is None else 1.0 + own
    changes = _solved(matrix, [dt * slope for slope in slopes])
    moved = [leaf + change for leaf, change in zip(leaves, changes, strict=True)]
    return structure.unflatten(moved)


def _solved(matrix, right):
    """Solve by elimination without exchange of rows; None is an entry that is always zero."""
    matrix, right, n = [list(row) for row in matrix], list(right), len(right)
    for k in range(n):
        if not isinstance(matrix[k][k], float):
            matrix[k][k] = jnp.maximum(matrix[k][k], 1.0)
        for row in range(k + 1, n):
            if matrix[row][k] is None:
                continue
            factor = matrix[row][k] / matrix[k][k]
            for column in range(k + 1, n):
                if matrix[k][column] is not None:
                    less = factor * matrix[k][column]
                    old = matrix[row][column]
                    matrix[row][column] = -less if old is None else old - less
            right[row] = right[row] - factor * right[k]
    for k in range(n - 1, -1, -1):
        for column in range(k + 1, n):
            if matrix[k][column] is not None:
                right[k] = right[k] - matrix[k][column] * right[column]
        right[k] = right[k] / matrix[k][k]
    return right
