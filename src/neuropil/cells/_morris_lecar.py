from collections.abc import Mapping

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Cell, Current, Emission, Population, Receptor, Refractory
from ..numerics import ExponentialEuler, Integrator, as_instance
from ._detection import Crossing, Detection
from ._emission import Threshold
from ._parameter import parameter


class MorrisLecar(Cell):
    r"""Calcium makes the spike, potassium ends it: the barnacle muscle fibre.

    - ODE: $C\dot v = g_L(E_L - v) + g_{Ca} m_\infty(v) (E_{Ca} - v) + g_K w (E_K - v) + I$,
      $\quad\dot w = \phi \cosh\frac{v - v_3}{2 v_4} (w_\infty(v) - w)$ with
      $m_\infty = \frac12(1 + \tanh\frac{v - v_1}{v_2})$,
      $w_\infty = \frac12(1 + \tanh\frac{v - v_3}{v_4})$
    - Threshold: by `detection`; no jump

    **Arguments:** `capacitance` C (nF); `calcium`, `potassium`, `leak` (the conductances, uS);
    `calcium_reversal`, `potassium_reversal`, `leak_reversal` (mV); `calcium_half` $v_1$,
    `calcium_width` $v_2$, `potassium_half` $v_3$, `potassium_width` $v_4$ (mV); `rate` $\phi$
    (1/ms); `rest`, where a run begins (mV), one or per neuron; `detection`. By default oscillations
    begin at a frequency of their own (a Hopf bifurcation).

    **Raises:** `NeuropilError` for a capacitance, conductance, width or rate that is not positive,
    NaN, or another kind of detection.

    >>> sorted(MorrisLecar().init((1,)))
    ['before', 'v', 'w']

    Source: Morris & Lecar 1981, doi:10.1016/S0006-3495(81)84782-0.
    """

    capacitance: Float[Array, "..."] = parameter("capacitance", "nF", 20.0, positive=True)
    calcium: Float[Array, "..."] = parameter("calcium", "uS", 4.4, positive=True)
    potassium: Float[Array, "..."] = parameter("potassium", "uS", 8.0, positive=True)
    leak: Float[Array, "..."] = parameter("leak", "uS", 2.0, positive=True)
    calcium_reversal: Float[Array, "..."] = parameter("calcium_reversal", "mV", 120.0)
    potassium_reversal: Float[Array, "..."] = parameter("potassium_reversal", "mV", -84.0)
    leak_reversal: Float[Array, "..."] = parameter("leak_reversal", "mV", -60.0)
    calcium_half: Float[Array, "..."] = parameter("calcium_half", "mV", -1.2)
    calcium_width: Float[Array, "..."] = parameter("calcium_width", "mV", 18.0, positive=True)
    potassium_half: Float[Array, "..."] = parameter("potassium_half", "mV", 2.0)
    potassium_width: Float[Array, "..."] = parameter("potassium_width", "mV", 30.0, positive=True)
    rate: Float[Array, "..."] = parameter("rate", "1/ms", 0.04, positive=True)
    rest: Float[Array, "..."] = parameter("rest", "mV", -60.855)
    detection: Detection = eqx.field(default_factory=lambda: Crossing(0.0))

    def __check_init__(self):
        """Refuse another kind of detection."""
        as_instance(self.detection, "detection", Detection, "a Detection")

    def init(self, size):
        """Return all neurons at `rest`, the potassium gate where it settles there."""
        v = jnp.broadcast_to(self.rest, size)
        return {"v": v, "w": self._potassium_gate(v), **self.detection.init(v)}

    def field(self, y, drive):
        """Return the derivatives of the potential and of the potassium gate."""
        v, w = y["v"], y["w"]
        opened = 0.5 * (1.0 + jnp.tanh((v - self.calcium_half) / self.calcium_width))
        current = (
            self.leak * (self.leak_reversal - v)
            + self.calcium * opened * (self.calcium_reversal - v)
            + self.potassium * w * (self.potassium_reversal - v)
            + drive.current(v)
        )
        e = jnp.exp((v - self.potassium_half) / (2.0 * self.potassium_width))
        return {
            **jax.tree.map(jnp.zeros_like, y),
            "v": current / self.capacitance,
            "w": self.rate * 0.5 * (e + 1.0 / e) * (self._potassium_gate(v) - w),
        }

    def time_constants(self):
        """Return how fast the membrane leaks."""
        return {"capacitance / leak": self.capacitance / self.leak}

    def excess(self, y):
        """Return the distance to a spike."""
        return self.detection.excess(y)

    def jump(self, y, spike):
        """Return the variables as they are, and what detection remembers."""
        return {**y, **self.detection.after(y, spike)}

    def _potassium_gate(self, v):
        return 0.5 * (1.0 + jnp.tanh((v - self.potassium_half) / self.potassium_width))


def morris_lecar(
    size: int | tuple[int, ...],
    *,
    capacitance=20.0,
    calcium=4.4,
    potassium=8.0,
    leak=2.0,
    calcium_reversal=120.0,
    potassium_reversal=-84.0,
    leak_reversal=-60.0,
    calcium_half=-1.2,
    calcium_width=18.0,
    potassium_half=2.0,
    potassium_width=30.0,
    rate=0.04,
    rest=-60.855,
    detection: Detection | None = None,
    emission: Emission | None = None,
    refractory: Refractory | None = None,
    receptors: Mapping[str, Receptor] | None = None,
    integrator: Integrator | None = None,
) -> Population:
    """Return a population of Morris-Lecar neurons; arrivals are currents.

    **Arguments:** `size`; the rest as for :class:`MorrisLecar` and :class:`Population`. By default
    a spike is an upward crossing of 0 mV; `detection=Potential()` with `emission=Graded()` makes
    the potential the output.

    **Raises:** `NeuropilError` as its parts do.

    >>> morris_lecar(3).ports
    {'input': (3,)}
    """
    return Population(
        size,
        MorrisLecar(
            capacitance=capacitance,
            calcium=calcium,
            potassium=potassium,
            leak=leak,
            calcium_reversal=calcium_reversal,
            potassium_reversal=potassium_reversal,
            leak_reversal=leak_reversal,
            calcium_half=calcium_half,
            calcium_width=calcium_width,
            potassium_half=potassium_half,
            potassium_width=potassium_width,
            rate=rate,
            rest=rest,
            detection=Crossing(0.0) if detection is None else detection,
        ),
        Threshold() if emission is None else emission,
        ExponentialEuler() if integrator is None else integrator,
        {"input": Current()} if receptors is None else receptors,
        refractory,
    )
