from collections.abc import Mapping

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Cell, Current, Emission, Population, Receptor, Refractory
from ..numerics import RK4, Integrator, as_instance
from ._detection import Crossing, Detection
from ._emission import Threshold
from ._parameter import parameter


class FitzHughNagumo(Cell):
    r"""The excitable neuron in two variables, without units.

    - ODE: $\tau\,\dot v = v - v^3/3 - w + I$, $\quad\tau_w\,\dot w = v + a - b w$
    - Threshold: by `detection`; no jump

    **Arguments:** `a`, `b`; `tau`, `tau_recovery` $\tau_w$ (ms); `rest`, where a run begins (w on
    its nullcline), one or per neuron; `detection`.

    **Raises:** `NeuropilError` for time constants or a b that are not positive, NaN, or another
    kind of detection.

    >>> sorted(FitzHughNagumo().init((1,)))
    ['before', 'v', 'w']

    Source: FitzHugh 1961, doi:10.1016/S0006-3495(61)86902-6.
    """

    a: Float[Array, "..."] = parameter("a", "", 0.7)
    b: Float[Array, "..."] = parameter("b", "", 0.8, positive=True)
    tau: Float[Array, "..."] = parameter("tau", "ms", 1.0, positive=True)
    tau_recovery: Float[Array, "..."] = parameter("tau_recovery", "ms", 12.5, positive=True)
    rest: Float[Array, "..."] = parameter("rest", "", -1.1994)
    detection: Detection = eqx.field(default_factory=lambda: Crossing(1.0))

    def __check_init__(self):
        """Refuse another kind of detection."""
        as_instance(self.detection, "detection", Detection, "a Detection")

    def init(self, size):
        """Return all neurons at `rest`, the recovery where it stands still."""
        v = jnp.broadcast_to(self.rest, size)
        return {"v": v, "w": (v + self.a) / self.b, **self.detection.init(v)}

    def field(self, y, drive):
        """Return the derivatives of the potential and of the recovery."""
        v, w = y["v"], y["w"]
        cubic = v - v * v * v * (1.0 / 3.0)
        return {
            **jax.tree.map(jnp.zeros_like, y),
            "v": (cubic - w + drive.current(v)) / self.tau,
            "w": (v + self.a - self.b * w) / self.tau_recovery,
        }

    def excess(self, y):
        """Return the distance to a spike."""
        return self.detection.excess(y)

    def jump(self, y, spike):
        """Return the variables as they are, and what detection remembers."""
        return {**y, **self.detection.after(y, spike)}


def fitzhugh_nagumo(
    size: int | tuple[int, ...],
    *,
    a=0.7,
    b=0.8,
    tau=1.0,
    tau_recovery=12.5,
    rest=-1.1994,
    detection: Detection | None = None,
    emission: Emission | None = None,
    refractory: Refractory | None = None,
    receptors: Mapping[str, Receptor] | None = None,
    integrator: Integrator | None = None,
) -> Population:
    """Return a population of FitzHugh-Nagumo neurons; arrivals are currents.

    **Arguments:** `size`; the rest as for :class:`FitzHughNagumo` and :class:`Population`. By
    default a spike is an upward crossing of v = 1, and the integrator :class:`RK4`.

    **Raises:** `NeuropilError` as its parts do.

    >>> fitzhugh_nagumo(3).ports
    {'input': (3,)}
    """
    detection = Crossing(1.0) if detection is None else detection
    return Population(
        size,
        FitzHughNagumo(
            a=a, b=b, tau=tau, tau_recovery=tau_recovery, rest=rest, detection=detection
        ),
        Threshold() if emission is None else emission,
        RK4() if integrator is None else integrator,
        {"input": Current()} if receptors is None else receptors,
        refractory,
    )
