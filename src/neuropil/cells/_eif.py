from collections.abc import Mapping

import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Cell, Current, Emission, Population, Receptor, Refractory
from ..numerics import ExponentialEuler, Integrator
from ._emission import Threshold
from ._parameter import parameter
from ._upstroke import upstroke


class ExponentialIF(Cell):
    r"""Exponential integrate-and-fire: the spike begins by itself.

    - ODE: $C\dot v = g(v_0 - v) + g\,\Delta\,e^{(v - \vartheta)/\Delta} + I$
    - Threshold: $v \ge$ `peak`
    - Jump: $v \leftarrow$ `reset` at a spike

    **Arguments:** `capacitance` C (nF), `conductance` g (uS), `rest` $v_0$, `threshold`
    $\vartheta$, `slope` $\Delta$, `reset`, `peak` (mV), one or per neuron. The exponent is held at
    30, far above any peak.

    **Raises:** `NeuropilError` for a capacitance, conductance or slope that is not positive.

    >>> float(ExponentialIF().init((1,))["v"][0])
    -65.0

    Source: Fourcaud-Trocme et al. 2003, doi:10.1523/JNEUROSCI.23-37-11628.2003.
    """

    capacitance: Float[Array, "..."] = parameter("capacitance", "nF", 0.2, positive=True)
    conductance: Float[Array, "..."] = parameter("conductance", "uS", 0.02, positive=True)
    rest: Float[Array, "..."] = parameter("rest", "mV", -65.0)
    threshold: Float[Array, "..."] = parameter("threshold", "mV", -50.0)
    slope: Float[Array, "..."] = parameter("slope", "mV", 3.5, positive=True)
    reset: Float[Array, "..."] = parameter("reset", "mV", -68.0)
    peak: Float[Array, "..."] = parameter("peak", "mV", 0.0)

    def init(self, size):
        """Return all neurons at rest."""
        return {"v": jnp.broadcast_to(self.rest, size)}

    def field(self, y, drive):
        """Return the leak, the upstroke and the input current."""
        v = y["v"]
        pull = self.rest - v + upstroke(v, self.threshold, self.slope)
        return {"v": (self.conductance * pull + drive.current(v)) / self.capacitance}

    def time_constants(self):
        """Return how fast the membrane leaks."""
        return {"capacitance / conductance": self.capacitance / self.conductance}

    def excess(self, y):
        """Return the potential above the peak."""
        return y["v"] - self.peak

    def jump(self, y, spike):
        """Reset the potential; no gradient passes through the spike."""
        return {"v": jnp.where(spike > 0, self.reset, y["v"])}  # also if v has overflown


def eif(
    size: int | tuple[int, ...],
    *,
    capacitance=0.2,
    conductance=0.02,
    rest=-65.0,
    threshold=-50.0,
    slope=3.5,
    reset=-68.0,
    peak=0.0,
    emission: Emission | None = None,
    refractory: Refractory | None = None,
    receptors: Mapping[str, Receptor] | None = None,
    integrator: Integrator | None = None,
) -> Population:
    """Return a population of exponential integrate-and-fire neurons; arrivals are currents.

    **Arguments:** `size`; the rest as for :class:`ExponentialIF` and :class:`Population`.

    **Raises:** `NeuropilError` as its parts do.

    >>> eif(3).ports
    {'input': (3,)}
    """
    return Population(
        size,
        ExponentialIF(
            capacitance=capacitance,
            conductance=conductance,
            rest=rest,
            threshold=threshold,
            slope=slope,
            reset=reset,
            peak=peak,
        ),
        Threshold() if emission is None else emission,
        ExponentialEuler() if integrator is None else integrator,
        {"input": Current()} if receptors is None else receptors,
        refractory,
    )
