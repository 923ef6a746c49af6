from collections.abc import Mapping

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Cell, Current, Emission, Population, Receptor, Refractory
from ..numerics import ExponentialEuler, Integrator
from ._emission import Threshold
from ._parameter import parameter
from ._upstroke import upstroke


class AdEx(Cell):
    r"""Adaptive exponential integrate-and-fire.

    - ODE: $C\dot v = g(v_0 - v) + g\,\Delta\,e^{(v - \vartheta)/\Delta} - w + I$,
      $\quad\tau\,\dot w = a(v - v_0) - w$
    - Threshold: $v \ge$ `peak`
    - Jump: $v \leftarrow$ `reset`, $w \leftarrow w + b$ at a spike

    **Arguments:** `capacitance` C (nF), `conductance` g (uS), `rest` $v_0$, `threshold`
    $\vartheta$, `slope` $\Delta$ (mV), `tau` (ms), `a` (uS), `b` (nA), `reset`, `peak` (mV), one or
    per neuron. The exponent is held at 30, far above any peak.

    **Raises:** `NeuropilError` for a capacitance, conductance, slope or tau that is not positive.

    >>> sorted(AdEx().init((1,)))
    ['v', 'w']

    Source: Brette & Gerstner 2005, doi:10.1152/jn.00686.2005.
    """

    capacitance: Float[Array, "..."] = parameter("capacitance", "nF", 0.281, positive=True)
    conductance: Float[Array, "..."] = parameter("conductance", "uS", 0.03, positive=True)
    rest: Float[Array, "..."] = parameter("rest", "mV", -70.6)
    threshold: Float[Array, "..."] = parameter("threshold", "mV", -50.4)
    slope: Float[Array, "..."] = parameter("slope", "mV", 2.0, positive=True)
    tau: Float[Array, "..."] = parameter("tau", "ms", 144.0, positive=True)
    a: Float[Array, "..."] = parameter("a", "uS", 0.004)
    b: Float[Array, "..."] = parameter("b", "nA", 0.0805)
    reset: Float[Array, "..."] = parameter("reset", "mV", -70.6)
    peak: Float[Array, "..."] = parameter("peak", "mV", 0.0)

    def init(self, size):
        """Return all neurons at rest, without adaptation."""
        return {"v": jnp.broadcast_to(self.rest, size), "w": jnp.zeros(size)}

    def field(self, y, drive):
        """Return the derivatives of the potential and of the adaptation current."""
        v, w = y["v"], y["w"]
        pull = self.rest - v + upstroke(v, self.threshold, self.slope)
        return {
            "v": (self.conductance * pull - w + drive.current(v)) / self.capacitance,
            "w": (self.a * (v - self.rest) - w) / self.tau,
        }

    def time_constants(self):
        """Return how fast the membrane leaks."""
        return {"capacitance / conductance": self.capacitance / self.conductance}

    def excess(self, y):
        """Return the potential above the peak."""
        return y["v"] - self.peak

    def jump(self, y, spike):
        """Reset the potential and raise the adaptation; no gradient passes through the spike."""
        v = jnp.where(spike > 0, self.reset, y["v"])  # also if v has overflown
        return {"v": v, "w": y["w"] + self.b * jax.lax.stop_gradient(spike)}


def adex(
    size: int | tuple[int, ...],
    *,
    capacitance=0.281,
    conductance=0.03,
    rest=-70.6,
    threshold=-50.4,
    slope=2.0,
    tau=144.0,
    a=0.004,
    b=0.0805,
    reset=-70.6,
    peak=0.0,
    emission: Emission | None = None,
    refractory: Refractory | None = None,
    receptors: Mapping[str, Receptor] | None = None,
    integrator: Integrator | None = None,
) -> Population:
    """Return a population of adaptive exponential neurons; arrivals are currents.

    **Arguments:** `size`; the rest as for :class:`AdEx` and :class:`Population`.

    **Raises:** `NeuropilError` as its parts do.

    >>> adex(3).ports
    {'input': (3,)}
    """
    return Population(
        size,
        AdEx(
            capacitance=capacitance,
            conductance=conductance,
            rest=rest,
            threshold=threshold,
            slope=slope,
            tau=tau,
            a=a,
            b=b,
            reset=reset,
            peak=peak,
        ),
        Threshold() if emission is None else emission,
        ExponentialEuler() if integrator is None else integrator,
        {"input": Current()} if receptors is None else receptors,
        refractory,
    )
