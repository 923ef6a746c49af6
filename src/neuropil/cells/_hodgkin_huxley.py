from collections.abc import Mapping

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Cell, Current, Emission, Population, Receptor, Refractory
from ..numerics import ExponentialEuler, Integrator, as_instance
from ._detection import Crossing, Detection
from ._emission import Threshold
from ._kinetics import Kinetics, SquidKinetics, TraubMilesKinetics
from ._parameter import parameter


class HodgkinHuxley(Cell):
    r"""A membrane with sodium and potassium channels, which makes its own action potentials.

    - ODE: $C\dot v = g_L(E_L - v) + g_{Na} m^3 h (E_{Na} - v) + g_K n^4 (E_K - v) + I$,
      $\quad\dot x = \alpha_x(v)(1 - x) - \beta_x(v)\,x$ for the gates m, h and n
    - Threshold: by `detection`; no jump

    **Arguments:** `capacitance` C (nF), `sodium`, `potassium`, `leak` (the conductances, uS),
    `sodium_reversal`, `potassium_reversal`, `leak_reversal`, `rest`, where a run begins (mV), one
    or per neuron; `kinetics`; `detection`. The defaults are 200 by 100 um of squid axon.

    **Raises:** `NeuropilError` for a capacitance or conductance that is not positive, NaN, and
    parts of another kind.

    >>> y = HodgkinHuxley().init((1,))
    >>> round(float(y["m"][0]), 4), round(float(y["h"][0]), 4), round(float(y["n"][0]), 4)
    (0.0529, 0.5961, 0.3177)

    Source: Hodgkin & Huxley 1952, doi:10.1113/jphysiol.1952.sp004764.
    """

    capacitance: Float[Array, "..."] = parameter("capacitance", "nF", 0.2, positive=True)
    sodium: Float[Array, "..."] = parameter("sodium", "uS", 24.0, positive=True)
    potassium: Float[Array, "..."] = parameter("potassium", "uS", 7.2, positive=True)
    leak: Float[Array, "..."] = parameter("leak", "uS", 0.06, positive=True)
    sodium_reversal: Float[Array, "..."] = parameter("sodium_reversal", "mV", 50.0)
    potassium_reversal: Float[Array, "..."] = parameter("potassium_reversal", "mV", -77.0)
    leak_reversal: Float[Array, "..."] = parameter("leak_reversal", "mV", -54.387)
    rest: Float[Array, "..."] = parameter("rest", "mV", -65.0)
    kinetics: Kinetics = eqx.field(default_factory=SquidKinetics)
    detection: Detection = eqx.field(default_factory=Crossing)

    def __check_init__(self):
        """Refuse parts of another kind."""
        as_instance(self.kinetics, "kinetics", Kinetics, "a Kinetics")
        as_instance(self.detection, "detection", Detection, "a Detection")

    def init(self, size):
        """Return all membranes at `rest`, the gates where they settle there."""
        v = jnp.broadcast_to(self.rest, size)
        rates = self.kinetics.rates(v)
        gates = {name: opening / (opening + closing) for name, (opening, closing) in rates.items()}
        return {"v": v, **gates, **self.detection.init(v)}

    def field(self, y, drive):
        """Return the derivatives of the potential and of the gates."""
        v, m, h, n = y["v"], y["m"], y["h"], y["n"]
        current = (
            self.leak * (self.leak_reversal - v)
            + self.sodium * (m * m * m * h) * (self.sodium_reversal - v)
            + self.potassium * (n * n * n * n) * (self.potassium_reversal - v)
            + drive.current(v)
        )
        slopes = {**jax.tree.map(jnp.zeros_like, y), "v": current / self.capacitance}
        for name, (opening, closing) in self.kinetics.rates(v).items():
            slopes[name] = opening * (1.0 - y[name]) - closing * y[name]
        return slopes

    def time_constants(self):
        """Return how fast the membrane leaks, and the gate m, the fastest, settles at rest."""
        opening, closing = self.kinetics.rates(self.rest)["m"]
        return {"capacitance / leak": self.capacitance / self.leak, "m": 1.0 / (opening + closing)}

    def excess(self, y):
        """Return the distance to a spike."""
        return self.detection.excess(y)

    def jump(self, y, spike):
        """Return the variables as they are, and what detection remembers."""
        return {**y, **self.detection.after(y, spike)}


def hodgkin_huxley(
    size: int | tuple[int, ...],
    *,
    capacitance=0.2,
    sodium=24.0,
    potassium=7.2,
    leak=0.06,
    sodium_reversal=50.0,
    potassium_reversal=-77.0,
    leak_reversal=-54.387,
    rest=-65.0,
    detection: Detection | None = None,
    emission: Emission | None = None,
    refractory: Refractory | None = None,
    receptors: Mapping[str, Receptor] | None = None,
    integrator: Integrator | None = None,
) -> Population:
    """Return a population of squid axons; arrivals are currents, steps of 0.01 to 0.05 ms.

    **Arguments:** `size`; the rest as for :class:`HodgkinHuxley` and :class:`Population`. By
    default a spike is an upward crossing of -20 mV.

    **Raises:** `NeuropilError` as its parts do.

    >>> hodgkin_huxley(3).ports
    {'input': (3,)}
    """
    return Population(
        size,
        HodgkinHuxley(
            capacitance=capacitance,
            sodium=sodium,
            potassium=potassium,
            leak=leak,
            sodium_reversal=sodium_reversal,
            potassium_reversal=potassium_reversal,
            leak_reversal=leak_reversal,
            rest=rest,
            kinetics=SquidKinetics(),
            detection=Crossing() if detection is None else detection,
        ),
        Threshold() if emission is None else emission,
        ExponentialEuler() if integrator is None else integrator,
        {"input": Current()} if receptors is None else receptors,
        refractory,
    )


def traub_miles(
    size: int | tuple[int, ...],
    *,
    capacitance=0.2,
    sodium=20.0,
    potassium=6.0,
    leak=0.01,
    sodium_reversal=50.0,
    potassium_reversal=-90.0,
    leak_reversal=-60.0,
    rest=-60.0,
    shift=-63.0,
    detection: Detection | None = None,
    emission: Emission | None = None,
    refractory: Refractory | None = None,
    receptors: Mapping[str, Receptor] | None = None,
    integrator: Integrator | None = None,
) -> Population:
    """Return a population of Traub-Miles neurons, as in the benchmark of Brette et al. 2007.

    **Arguments:** `size`; `shift`, of :class:`TraubMilesKinetics`; the rest as for
    :class:`HodgkinHuxley` and :class:`Population`. By default a spike is an upward crossing of
    -20 mV, and arrivals are currents.

    **Raises:** `NeuropilError` as its parts do.

    >>> traub_miles(3).ports
    {'input': (3,)}

    Source: Brette et al. 2007, doi:10.1007/s10827-007-0038-6.
    """
    return Population(
        size,
        HodgkinHuxley(
            capacitance=capacitance,
            sodium=sodium,
            potassium=potassium,
            leak=leak,
            sodium_reversal=sodium_reversal,
            potassium_reversal=potassium_reversal,
            leak_reversal=leak_reversal,
            rest=rest,
            kinetics=TraubMilesKinetics(shift),
            detection=Crossing() if detection is None else detection,
        ),
        Threshold() if emission is None else emission,
        ExponentialEuler() if integrator is None else integrator,
        {"input": Current()} if receptors is None else receptors,
        refractory,
    )
