from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Emission, Tick
from ..numerics import fail, uniform
from ._detection import Crossing
from ._parameter import parameter

_LARGEST = 60.0  # a spike is certain long before; more would overflow
_RARE = 1e-3  # spikes expected in a tick


class EscapeNoise(Emission):
    r"""Spikes at random, with a hazard that grows with the distance u to threshold.

    $\rho(u) = \rho_0 e^{u/w}$, so that a tick has a spike with probability
    $p = 1 - e^{-\rho(u)\Delta t}$.

    The derivative of a spike is that of its probability, $\partial p/\partial u$, in forward and
    reverse mode (a straight-through estimate). For a gradient of the expectation over spikes use
    `log_prob`, whose derivatives are exact.

    **Arguments:** `hazard` $\rho_0$ at threshold (1/ms), `width` w (mV), one or per neuron.

    **Raises:** `NeuropilError` unless both are positive; a population does, for cells that make
    their own action potentials, whose distance to a spike is none to a threshold.

    >>> tick = Tick(0, 1.0, jax.random.key(0))
    >>> EscapeNoise(width=0.1).emit(jnp.array([-9.0, 9.0]), tick)
    Array([0., 1.], dtype=float32)

    Source: Gerstner et al. 2014, Neuronal Dynamics, doi:10.1017/CBO9781107447615.
    """

    is_random: ClassVar[bool] = True
    hazard: Float[Array, "..."] = parameter("hazard", "1/ms", 1.0, positive=True)
    width: Float[Array, "..."] = parameter("width", "mV", 1.0, positive=True)

    def emit(self, u, tick):
        """Return 1 with the probability of a spike in this tick, else 0."""
        probability = -jnp.expm1(-self._expected(u, tick))
        return _drawn(probability, uniform(tick.key, u.shape, probability.dtype))

    def check(self, cell):
        """Refuse cells whose distance to a spike is not one to a threshold."""
        if isinstance(getattr(cell, "detection", None), Crossing):
            fail(
                "emission",
                f"EscapeNoise for {type(cell).__name__}, which makes its own action potentials",
                "a cell that spikes at a threshold",
                "leave the emission out, and add noise to the current",
            )

    def log_prob(self, u: Float[Array, "*n"], spike: Float[Array, "*n"], tick: Tick) -> Array:
        r"""Return $\log p$ where there is a spike and $\log(1 - p) = -\rho\,\Delta t$ elsewhere.

        **Arguments:** `u`, distance to threshold; `spike`, 0 or 1, what was emitted; `tick`, of
        which only `dt` counts.
        """
        log_expected = jnp.log(self.hazard * tick.dt) + jnp.minimum(u / self.width, _LARGEST)
        expected = jnp.exp(log_expected)
        # log(1 - e^-x) = log x - x / 2 + O(x^2); each form is asked only where it is accurate.
        rare = log_expected - expected / 2.0
        frequent = jnp.log(-jnp.expm1(-jnp.maximum(expected, _RARE)))
        fired = jnp.where(expected < _RARE, rare, frequent)
        return jnp.where(spike > 0, fired, -expected)

    def _expected(self, u, tick):
        """Return the expected number of spikes of a tick, were the hazard to stay."""
        return self.hazard * tick.dt * jnp.exp(jnp.minimum(u / self.width, _LARGEST))


@jax.custom_jvp
def _drawn(probability, uniform):
    return (uniform < probability).astype(probability.dtype)


@_drawn.defjvp
def _drawn_jvp(primals, tangents):
    return _drawn(*primals), tangents[0]
