"""Spike functions: a step forward, a smooth surrogate derivative for forward and reverse mode.

Each surrogate is a function of the distance u to threshold. The spike is Theta(u) = [u >= 0]; its
derivative is replaced by the surrogate's `derivative(u)`, in `jax.jvp` and `jax.grad` alike.
"""

from abc import abstractmethod

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ._errors import as_parameter


@jax.custom_jvp
def _step_with_slope(u: Array, slope: Array) -> Array:
    return (u >= 0).astype(slope.dtype)


@_step_with_slope.defjvp
def _step_with_slope_jvp(primals, tangents):
    u, slope = primals
    return _step_with_slope(u, slope), slope * tangents[0]


class Surrogate(eqx.Module):
    """A step function with a chosen derivative."""

    @abstractmethod
    def derivative(self, u: Float[Array, "*n"]) -> Float[Array, "*n"]:
        """Return the derivative that replaces that of the step, at distance `u` to threshold."""

    def __call__(self, u: Float[Array, "*n"]) -> Float[Array, "*n"]:
        """Return 1 where `u >= 0`, else 0, with the surrogate derivative."""
        return _step_with_slope(u, self.derivative(jax.lax.stop_gradient(u)))


def _positive(name: str, default: float):
    return eqx.field(
        default=default, converter=lambda value: as_parameter(value, name, positive=True)
    )


class FastSigmoid(Surrogate):
    r"""Derivative of the fast sigmoid, $1 / (1 + k|u|)^2$.

    **Arguments:** `slope`, k, per unit of u.

    **Raises:** `NeuropilError` unless `slope` is positive.

    >>> float(FastSigmoid(25.0).derivative(jnp.array(0.0)))
    1.0

    Source: Zenke & Ganguli 2018, doi:10.1162/neco_a_01086.
    """

    slope: Float[Array, ""] = _positive("slope", 25.0)

    def derivative(self, u):
        """Return $1 / (1 + k|u|)^2$."""
        return 1.0 / jnp.square(1.0 + self.slope * jnp.abs(u))


class ArcTan(Surrogate):
    r"""Derivative of a scaled arctangent, $(a/2) / (1 + (\pi a u / 2)^2)$.

    **Arguments:** `alpha`, a, per unit of u; its integral over u is 1.

    **Raises:** `NeuropilError` unless `alpha` is positive.

    >>> float(ArcTan(2.0).derivative(jnp.array(0.0)))
    1.0

    Source: Fang et al. 2021, doi:10.1109/ICCV48922.2021.00266.
    """

    alpha: Float[Array, ""] = _positive("alpha", 2.0)

    def derivative(self, u):
        r"""Return $(a/2) / (1 + (\pi a u / 2)^2)$."""
        return 0.5 * self.alpha / (1.0 + jnp.square(0.5 * jnp.pi * self.alpha * u))


class Triangle(Surrogate):
    r"""Piecewise-linear derivative, $h \max(0, 1 - |u|/w)$.

    **Arguments:** `width`, w, in units of u; `height`, h.

    **Raises:** `NeuropilError` unless both are positive.

    >>> float(Triangle(width=1.0, height=0.3).derivative(jnp.array(2.0)))
    0.0

    Source: Bellec et al. 2018, arXiv:1803.09574.
    """

    width: Float[Array, ""] = _positive("width", 1.0)
    height: Float[Array, ""] = _positive("height", 1.0)

    def derivative(self, u):
        r"""Return $h \max(0, 1 - |u|/w)$."""
        return self.height * jnp.maximum(0.0, 1.0 - jnp.abs(u) / self.width)


class Sigmoid(Surrogate):
    r"""Derivative of the logistic function, $k\,\sigma(ku)(1 - \sigma(ku))$.

    **Arguments:** `slope`, k, per unit of u.

    **Raises:** `NeuropilError` unless `slope` is positive.

    >>> float(Sigmoid(4.0).derivative(jnp.array(0.0)))
    1.0

    Source: Neftci et al. 2019, doi:10.1109/MSP.2019.2931595.
    """

    slope: Float[Array, ""] = _positive("slope", 4.0)

    def derivative(self, u):
        r"""Return $k\,\sigma(ku)(1 - \sigma(ku))$."""
        s = jax.nn.sigmoid(self.slope * u)
        return self.slope * s * (1.0 - s)


class Gaussian(Surrogate):
    r"""Gaussian derivative, $\exp(-u^2 / 2\sigma^2) / (\sigma\sqrt{2\pi})$.

    **Arguments:** `sigma`, in units of u; the integral over u is 1.

    **Raises:** `NeuropilError` unless `sigma` is positive.

    >>> round(float(Gaussian(0.5).derivative(jnp.array(0.0))), 4)
    0.7979

    Source: Yin et al. 2021, doi:10.1038/s42256-021-00397-w.
    """

    sigma: Float[Array, ""] = _positive("sigma", 0.5)

    def derivative(self, u):
        """Return the normal density of width sigma at u."""
        return _normal_density(u, self.sigma)


class MultiGaussian(Surrogate):
    r"""A Gaussian with negative flanks,
    $\gamma[(1+h)N(u; 0, \sigma) - h N(u; \sigma, s\sigma) - h N(u; -\sigma, s\sigma)]$.

    **Arguments:** `sigma`, in units of u; `flank`, h; `stretch`, s; `gamma`, overall height.

    **Raises:** `NeuropilError` unless all are positive.

    >>> bool(MultiGaussian().derivative(jnp.array(2.0)) < 0)
    True

    Source: Yin et al. 2021, doi:10.1038/s42256-021-00397-w.
    """

    sigma: Float[Array, ""] = _positive("sigma", 0.5)
    flank: Float[Array, ""] = _positive("flank", 0.15)
    stretch: Float[Array, ""] = _positive("stretch", 6.0)
    gamma: Float[Array, ""] = _positive("gamma", 0.5)

    def derivative(self, u):
        """Return the centre density less its two wide flanks."""
        wide = self.stretch * self.sigma
        flanks = _normal_density(u - self.sigma, wide) + _normal_density(u + self.sigma, wide)
        centre = (1.0 + self.flank) * _normal_density(u, self.sigma)
        return self.gamma * (centre - self.flank * flanks)


def _normal_density(u, sigma):
    return jnp.exp(-0.5 * jnp.square(u / sigma)) / (sigma * jnp.sqrt(2.0 * jnp.pi))
