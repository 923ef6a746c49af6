"""Implicit Euler for stiff equations: potentials that are coupled are solved together."""

import equinox as eqx
import jax
import jax.numpy as jnp

from ._distinct import distinct, reads
from ._errors import fail
from ._integrators import Integrator


def _as_names(together):
    is_listed = isinstance(together, tuple | list)
    if not is_listed or not all(isinstance(name, str) for name in together):
        expected = "names of variables, in a tuple"
        fail("together", together, expected, "pass e.g. ('v', 'v_dendrite')")
    return tuple(dict.fromkeys(together))


class ImplicitEuler(Integrator):
    r"""Linearly implicit Euler, $y + \Delta t\,(1 - \Delta t A)^{-1} f(y)$; first order.

    A holds what is stiff of the Jacobian $J = \partial f/\partial y$. Variables in `together`, such
    as the potentials of compartments, are solved as one system for each entry of their arrays; each
    other variable by itself, with those besides it as they were:

    - $A_{ij} = J_{ij}$ for i and j in `together`, 0 for other pairs;
    - $A_{ii} = \min(J_{ii}, -\sum_{j \ne i} |A_{ij}|)$, by which growth, as in an action potential,
      is taken explicitly, where an implicit scheme would have a pole.

    No row of $(1 - \Delta t A)^{-1}$ has a sum of magnitudes above 1 then: no step is longer than
    the explicit one. Where f is linear and compartments leak and pull at each other, this is
    backward Euler itself, stable at any step.

    **Arguments:** `together`, names of variables with one unit; they must be in a dict.

    **Raises:** `NeuropilError` unless `together` holds names, of variables that there are.

    >>> field = lambda y: {"a": 50.0 * (y["b"] - y["a"]), "b": 50.0 * (y["a"] - y["b"])}
    >>> start = {"a": jnp.array(1.0), "b": jnp.array(0.0)}
    >>> y = ImplicitEuler(together=("a", "b")).advance(field, start, 10.0)
    >>> round(float(y["a"]), 2), round(float(y["b"]), 2)
    (0.5, 0.5)

    Source: Hairer & Wanner 1996, Solving Ordinary Differential Equations II,
    doi:10.1007/978-3-642-05221-7, of the W-methods the one of a single stage.
    """

    together: tuple[str, ...] = eqx.field(static=True, default=(), converter=_as_names)

    def check(self, y):
        """Refuse names that are not among those of the variables."""
        found = sorted(y) if isinstance(y, dict) else []
        if not set(self.together) <= set(found):
            fail("together", self.together, f"some of the variables, {found}", "name those")

    def advance(self, field, y, dt):
        r"""Return $y + \Delta t\,(1 - \Delta t A)^{-1} f(y)$."""
        self.check(y)
        return distinct(lambda y: _advanced(field, y, dt, self.together), y)


def _advanced(field, y, dt, together):
    leaves, structure = jax.tree.flatten(y)
    system = [sorted(y).index(name) for name in together]

    def slopes_at(*values):
        return structure.flatten_up_to(field(structure.unflatten(values)))

    depends, slopes = reads(slopes_at, *leaves), slopes_at(*leaves)

    def derivatives(column, rows):
        """How the slopes in `rows` change along one variable; a float where they do not."""
        rows = [row for row in rows if depends[row][column]]

        def along(value):
            found = slopes_at(*leaves[:column], value, *leaves[column + 1 :])
            return [found[row] for row in rows]

        leaf = leaves[column]
        return dict(zip(rows, jax.jvp(along, (leaf,), (jnp.ones_like(leaf),))[1], strict=True))

    def moved(position):
        own = derivatives(position, [position]).get(position)
        least = 1.0 if own is None else 1.0 - dt * jnp.minimum(own, 0.0)
        return dt * slopes[position] / least

    changes = {k: moved(k) for k in range(len(leaves)) if k not in system}
    jacobian = {column: derivatives(column, system) for column in system}
    matrix = [[jacobian[column].get(row, 0.0) for column in system] for row in system]
    solved = _solved(_dominant(matrix, dt), [dt * slopes[k] for k in system])
    changes |= dict(zip(system, solved, strict=True))
    return structure.unflatten([leaf + changes[k] for k, leaf in enumerate(leaves)])


def _dominant(jacobian, dt):
    """Return 1 - dt A, whose diagonal outweighs the rest of its row by 1 at least."""

    def row_of(k, row):
        pull = sum(abs(x) for column, x in enumerate(row) if column != k)
        own = 1.0 - dt * jnp.minimum(row[k], -pull)
        return [own if column == k else -dt * x for column, x in enumerate(row)]

    return [row_of(k, row) for k, row in enumerate(jacobian)]


def _solved(matrix, right):
    """Solve by elimination; no rows are exchanged, as the diagonal is dominant."""
    matrix, right, n = [list(row) for row in matrix], list(right), len(right)
    for k in range(n):
        for row in range(k + 1, n):
            factor = matrix[row][k] / matrix[k][k]
            for column in range(k + 1, n):
                matrix[row][column] = matrix[row][column] - factor * matrix[k][column]
            right[row] = right[row] - factor * right[k]
    for k in range(n - 1, -1, -1):
        for column in range(k + 1, n):
            right[k] = right[k] - matrix[k][column] * right[column]
        right[k] = right[k] / matrix[k][k]
    return right
