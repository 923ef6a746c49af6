from collections.abc import Mapping

import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Cell, Current, Emission, Population, Receptor, Refractory
from ..numerics import ExponentialEuler, Integrator
from ._emission import Threshold
from ._parameter import parameter


class QuadraticIF(Cell):
    r"""Quadratic integrate-and-fire, the normal form of a neuron that can fire slowly.

    - ODE: $\tau\,\dot v = \kappa (v - v_0)(v - v_c) + R I$
    - Threshold: $v \ge$ `peak`
    - Jump: $v \leftarrow$ `reset` at a spike

    **Arguments:** `tau` (ms), `resistance` R (MOhm), `curvature` $\kappa$ (1/mV), `rest` $v_0$,
    `critical` $v_c$, from which it spikes without input, `reset`, `peak` (mV), one or per neuron.

    **Raises:** `NeuropilError` for a tau, resistance or curvature that is not positive.

    >>> float(QuadraticIF().init((1,))["v"][0])
    -65.0

    Source: Latham et al. 2000, doi:10.1152/jn.2000.83.2.808.
    """

    tau: Float[Array, "..."] = parameter("tau", "ms", 10.0, positive=True)
    resistance: Float[Array, "..."] = parameter("resistance", "MOhm", 50.0, positive=True)
    curvature: Float[Array, "..."] = parameter("curvature", "1/mV", 0.05, positive=True)
    rest: Float[Array, "..."] = parameter("rest", "mV", -65.0)
    critical: Float[Array, "..."] = parameter("critical", "mV", -50.0)
    reset: Float[Array, "..."] = parameter("reset", "mV", -70.0)
    peak: Float[Array, "..."] = parameter("peak", "mV", 0.0)

    def init(self, size):
        """Return all neurons at rest."""
        return {"v": jnp.broadcast_to(self.rest, size)}

    def field(self, y, drive):
        """Return the parabola and the input current's pull."""
        v = y["v"]
        parabola = self.curvature * (v - self.rest) * (v - self.critical)
        return {"v": (parabola + self.resistance * drive.current(v)) / self.tau}

    def excess(self, y):
        """Return the potential above the peak."""
        return y["v"] - self.peak

    def jump(self, y, spike):
        """Reset the potential; no gradient passes through the spike."""
        return {"v": jnp.where(spike > 0, self.reset, y["v"])}  # also if v has overflown


def qif(
    size: int | tuple[int, ...],
    *,
    tau=10.0,
    resistance=50.0,
    curvature=0.05,
    rest=-65.0,
    critical=-50.0,
    reset=-70.0,
    peak=0.0,
    emission: Emission | None = None,
    refractory: Refractory | None = None,
    receptors: Mapping[str, Receptor] | None = None,
    integrator: Integrator | None = None,
) -> Population:
    """Return a population of quadratic integrate-and-fire neurons; arrivals are currents.

    **Arguments:** `size`; the rest as for :class:`QuadraticIF` and :class:`Population`.

    **Raises:** `NeuropilError` as its parts do.

    >>> qif(3).ports
    {'input': (3,)}
    """
    return Population(
        size,
        QuadraticIF(
            tau=tau,
            resistance=resistance,
            curvature=curvature,
            rest=rest,
            critical=critical,
            reset=reset,
            peak=peak,
        ),
        Threshold() if emission is None else emission,
        ExponentialEuler() if integrator is None else integrator,
        {"input": Current()} if receptors is None else receptors,
        refractory,
    )
