"""One step of an ordinary differential equation whose variables may be any pytree."""

from abc import abstractmethod
from collections.abc import Callable
from typing import TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array

Y = TypeVar("Y")


class Integrator(eqx.Module):
    """Advances dy/dt = field(y) by one time step."""

    @abstractmethod
    def advance(self, field: Callable[[Y], Y], y: Y, dt: float) -> Y:
        """Return y after `dt` ms, given `field`, its derivative per ms."""


class Euler(Integrator):
    r"""Forward Euler, $y + \Delta t\, f(y)$; first order.

    >>> float(Euler().advance(lambda y: -y / 10.0, jnp.array(1.0), 1.0))
    0.8999999761581421
    """

    def advance(self, field, y, dt):
        r"""Return $y + \Delta t\, f(y)$."""
        return jax.tree.map(lambda value, slope: value + dt * slope, y, field(y))


class ExponentialEuler(Integrator):
    r"""Exponential Euler, $y + \Delta t\,\varphi(\lambda\Delta t) f(y)$.

    Here $\lambda = \partial f_y / \partial y$ per variable and $\varphi(z) = (e^z - 1)/z$. Exact
    for variables that enter their own equation linearly, such as the leaky membrane under constant
    input; second order for any variable that depends on itself alone, first order where variables
    are coupled.

    >>> field = lambda y: -y / 10.0
    >>> y = ExponentialEuler().advance(field, jnp.array(1.0), 5.0)
    >>> bool(jnp.allclose(y, jnp.exp(-0.5)))
    True
    """

    def advance(self, field, y, dt):
        r"""Return $y + \Delta t\,\varphi(\lambda\Delta t) f(y)$, variable by variable."""
        leaves, structure = jax.tree.flatten(y)
        slopes = structure.flatten_up_to(field(y))

        def own_derivative(position):
            def along(value):
                moved = leaves[:position] + [value] + leaves[position + 1 :]
                return structure.flatten_up_to(field(structure.unflatten(moved)))[position]

            leaf = leaves[position]
            return jax.jvp(along, (leaf,), (jnp.ones_like(leaf),))[1]

        advanced = [
            leaf + slope * (dt * relative_growth(dt * own_derivative(position)))
            for position, (leaf, slope) in enumerate(zip(leaves, slopes, strict=True))
        ]
        return structure.unflatten(advanced)


def relative_growth(z: Array) -> Array:
    r"""Return $\varphi(z) = (e^z - 1)/z$, with its limit 1 (and derivative 1/2) at zero.

    >>> float(relative_growth(jnp.array(0.0)))
    1.0
    """
    small = (
        jnp.abs(z) < 0.1
    )  # where the derivative of the quotient is a difference of large numbers
    near, far = jnp.where(small, z, 0.0), jnp.where(small, 1.0, z)
    series = 1.0
    for k in range(11, 1, -1):  # exact to double precision, and so is its derivative
        series = 1.0 + series * near * (1.0 / k)
    return jnp.where(small, series, jnp.expm1(far) / far)
