"""GABA-B receptors: G-proteins that open potassium channels together."""

from typing import ClassVar, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Receptor
from ..numerics import relative_growth
from ._conductance import through
from ._kinetics import closed
from ._parameter import parameter


class Activated(NamedTuple):
    """The share of receptors that are active, and the G-protein that they made."""

    receptors: Float[Array, "*n"]
    protein: Float[Array, "*n"]


class GABAB(Receptor):
    r"""A slow potassium conductance that one spike hardly opens and a burst does.

    - ODE: $\dot r = -K_2 r$, $\quad\dot s = K_3 r - K_4 s$, $\quad I = \bar g\,
      \frac{s^4}{s^4 + K_d}\,(E - v)$
    - Jump: $r \leftarrow 1 - (1 - r)\,e^{-K_1 \sum w s}$, a brief pulse of transmitter

    A weight is what one spike releases, the concentration of transmitter times how long it stays,
    in mM ms; 0.15 is the published pulse of 0.5 mM for 0.3 ms. Arrivals act in their own tick.

    **Arguments:** `conductance` $\bar g$ (uS); `binding` $K_1$ (1/(mM ms)), `unbinding` $K_2$
    (1/ms), `production` $K_3$ (1/ms), `removal` $K_4$ (1/ms), `half` $K_d$, `reversal` E (mV); one
    or per neuron.

    **Raises:** `NeuropilError` for a negative conductance, rates or `half` that are not positive,
    and a reversal that is not finite.

    >>> GABAB(0.1).init((1,)).protein
    Array([0.], dtype=float32)

    Source: Destexhe et al. 1996, doi:10.1152/jn.1996.76.3.2049.
    """

    least_weight: ClassVar[float] = 0.0
    conductance: Float[Array, "..."] = parameter("conductance", "uS", 0.1, minimum=0.0)
    binding: Float[Array, "..."] = parameter("binding", "1/(mM ms)", 0.52, positive=True)
    unbinding: Float[Array, "..."] = parameter("unbinding", "1/ms", 0.0013, positive=True)
    production: Float[Array, "..."] = parameter("production", "1/ms", 0.098, positive=True)
    removal: Float[Array, "..."] = parameter("removal", "1/ms", 0.033, positive=True)
    half: Float[Array, "..."] = parameter("half", "the fourth power of s", 100.0, positive=True)
    reversal: Float[Array, "..."] = parameter("reversal", "mV", -95.0)

    def init(self, size):
        """Return closed channels."""
        rates = self.unbinding, self.production, self.removal
        return Activated(closed(size, *rates), closed(size, *rates))

    def time_constants(self):
        """Return how long receptors stay active, and proteins."""
        return {"unbinding": 1.0 / self.unbinding, "removal": 1.0 / self.removal}

    def step(self, state, arriving, v, tick):
        """Activate receptors, pass the conductance on, advance the proteins."""
        fourth = state.protein**4
        conductance = self.conductance * fourth / (fourth + self.half)
        active = state.receptors - (1.0 - state.receptors) * jnp.expm1(-self.binding * arriving)
        left = jnp.exp(-tick.dt * self.removal)
        growth = relative_growth(tick.dt * (self.removal - self.unbinding))
        made = self.production * active * tick.dt * left * growth
        receptors = active * jnp.exp(-tick.dt * self.unbinding)
        after = Activated(
            receptors.astype(state.receptors.dtype),
            (state.protein * left + made).astype(state.protein.dtype),
        )
        return after, through(conductance, self.reversal)
