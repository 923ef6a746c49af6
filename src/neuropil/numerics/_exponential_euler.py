import math

import jax
import jax.numpy as jnp
from jaxtyping import Array

from ._distinct import distinct, reads
from ._integrators import Integrator

_LARGEST = 40.0  # e^40 fits into single precision, and so does what is computed from it


class ExponentialEuler(Integrator):
    r"""Exponential Euler, $y + \Delta t\,\varphi(\lambda\Delta t) f(y)$.

    Here $\lambda = \partial f_y / \partial y$ per variable and $\varphi(z) = (e^z - 1)/z$. Exact
    for variables that enter their own equation linearly, such as the leaky membrane under constant
    input; second order for any variable that depends on itself alone, first order where variables
    are coupled. What would grow by more than $e^{40}$ in one step grows by $e^{40}$.

    >>> field = lambda y: -y / 10.0
    >>> y = ExponentialEuler().advance(field, jnp.array(1.0), 5.0)
    >>> bool(jnp.allclose(y, jnp.exp(-0.5)))
    True
    """

    def advance(self, field, y, dt):
        r"""Return $y + \Delta t\,\varphi(\lambda\Delta t) f(y)$, variable by variable."""
        return distinct(lambda y: _advanced(field, y, dt), y)


def _advanced(field, y, dt):
    leaves, structure = jax.tree.flatten(y)

    def slopes_at(*values):
        return structure.flatten_up_to(field(structure.unflatten(values)))

    def moved(position, leaf, slope):
        def along(value):
            return slopes_at(*leaves[:position], value, *leaves[position + 1 :])[position]

        if not depends[position][position]:
            return leaf + slope * dt
        own = jax.jvp(along, (leaf,), (jnp.ones_like(leaf),))[1]
        return leaf + slope * (dt * relative_growth(dt * own))

    depends, slopes = reads(slopes_at, *leaves), slopes_at(*leaves)
    return structure.unflatten(map(moved, range(len(leaves)), leaves, slopes))


@jax.custom_jvp
def relative_growth(z: Array) -> Array:
    r"""Return $\varphi(z) = (e^z - 1)/z$, with its limit 1 (and derivative 1/2) at zero.

    From z = 40 on it is constant, so that neither it nor a derivative overflows.

    >>> float(relative_growth(jnp.array(0.0)))
    1.0
    """
    z = jnp.minimum(z, _LARGEST)
    at_zero = z == 0.0
    other = jnp.where(at_zero, 1.0, z)
    return jnp.where(at_zero, 1.0, jnp.expm1(other) / other)


@relative_growth.defjvp
def _relative_growth_jvp(primals, tangents):
    (z,), (tangent,) = primals, tangents
    growth = relative_growth(z)
    return growth, jnp.where(z < _LARGEST, _slope_of_growth(z, growth), 0.0) * tangent


def _slope_of_growth(z, growth):
    """Return the derivative; where the formula is a difference of large numbers, its series."""
    small = jnp.abs(z) < 0.1
    near, far = jnp.where(small, z, 0.0), jnp.where(small, 1.0, z)
    series = jnp.zeros_like(near)
    for k in range(11, 0, -1):  # exact to double precision, and so are its derivatives
        series = series * near + k / math.factorial(k + 1)
    return jnp.where(small, series, growth + (1.0 - growth) / far)
