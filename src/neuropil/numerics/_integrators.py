"""One step of an ordinary differential equation whose variables may be any pytree."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, TypeVar

import equinox as eqx
import jax

Y = TypeVar("Y")


class Integrator(eqx.Module):
    """Advances dy/dt = field(y) by one time step."""

    @abstractmethod
    def advance(self, field: Callable[[Y], Y], y: Y, dt: float) -> Y:
        """Return y after `dt` ms, given `field`, its derivative per ms."""

    def check(self, y: Any) -> None:  # noqa: B027 - most take any
        """Refuse variables with which it has no meaning."""


class Euler(Integrator):
    r"""Forward Euler, $y + \Delta t\, f(y)$; first order.

    >>> Euler().advance(lambda y: -y / 10.0, 1.0, 1.0)
    0.9
    """

    def advance(self, field, y, dt):
        r"""Return $y + \Delta t\, f(y)$."""
        return _moved(y, dt, field(y))


class Heun(Integrator):
    r"""Heun's method, $y + \frac{\Delta t}{2} (k_1 + k_2)$; second order.

    Here $k_1 = f(y)$ and $k_2 = f(y + \Delta t\,k_1)$. Like all explicit methods it is stable only
    while `dt` is less than about twice the smallest time constant.

    >>> Heun().advance(lambda y: -y / 10.0, 1.0, 1.0)
    0.905
    """

    def advance(self, field, y, dt):
        r"""Return $y + \frac{\Delta t}{2} (k_1 + k_2)$."""
        first = field(y)
        second = field(_moved(y, dt, first))
        return _moved(y, 0.5 * dt, jax.tree.map(lambda a, b: a + b, first, second))


class RK4(Integrator):
    r"""The classical Runge-Kutta method, $y + \frac{\Delta t}{6}(k_1 + 2k_2 + 2k_3 + k_4)$.

    Here $k_1 = f(y)$, $k_2 = f(y + \frac{\Delta t}{2} k_1)$, $k_3 = f(y + \frac{\Delta t}{2} k_2)$,
    $k_4 = f(y + \Delta t\,k_3)$. Fourth order between spikes; across a threshold that is looked at
    once a tick, first order like any method.

    >>> round(RK4().advance(lambda y: -y / 10.0, 1.0, 1.0), 6)
    0.904837
    """

    def advance(self, field, y, dt):
        r"""Return $y + \frac{\Delta t}{6}(k_1 + 2k_2 + 2k_3 + k_4)$."""
        first = field(y)
        second = field(_moved(y, 0.5 * dt, first))
        third = field(_moved(y, 0.5 * dt, second))
        fourth = field(_moved(y, dt, third))
        total = jax.tree.map(
            lambda a, b, c, d: a + 2.0 * b + 2.0 * c + d, first, second, third, fourth
        )
        return _moved(y, dt / 6.0, total)


def _moved(y, dt, slope):
    return jax.tree.map(lambda value, rise: value + dt * rise, y, slope)
