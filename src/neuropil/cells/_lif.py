from collections.abc import Mapping

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Cell, Delta, Emission, Population, Receptor, Refractory
from ..numerics import ExponentialEuler, Integrator, as_instance
from ._emission import Threshold
from ._parameter import parameter
from ._reset import Reset, SoftReset


class LIF(Cell):
    r"""Leaky integrate-and-fire.

    - ODE: $\tau\,\dot v = -(v - v_0) + R I$
    - Threshold: $v \ge \vartheta$
    - Jump: by `reset`

    **Arguments:** `tau` (ms), `rest` $v_0$ (mV), `threshold` $\vartheta$ (mV), `resistance` R
    (MOhm), one or per neuron; `reset`.

    **Raises:** `NeuropilError` for a tau or resistance that is not positive, or NaN.

    >>> LIF(tau=10.0).init((2,))["v"]
    Array([0., 0.], dtype=float32)

    Source: Gerstner et al. 2014, Neuronal Dynamics, doi:10.1017/CBO9781107447615.
    """

    tau: Float[Array, "..."] = parameter("tau", "ms", 20.0, positive=True)
    rest: Float[Array, "..."] = parameter("rest", "mV", 0.0)
    threshold: Float[Array, "..."] = parameter("threshold", "mV", 1.0)
    resistance: Float[Array, "..."] = parameter("resistance", "MOhm", 1.0, positive=True)
    reset: Reset = eqx.field(default_factory=SoftReset)

    def __check_init__(self):
        """Refuse anything but a reset."""
        as_instance(self.reset, "reset", Reset, "a Reset")

    def init(self, size):
        """Return all neurons at rest."""
        return {"v": jnp.broadcast_to(self.rest, size)}

    def field(self, y, drive):
        """Return the leak and the input current's pull."""
        pull = self.resistance * drive.current(y["v"])
        return {"v": (self.rest - y["v"] + pull) / self.tau}

    def excess(self, y):
        """Return the potential above threshold."""
        return y["v"] - self.threshold

    def jump(self, y, spike):
        """Reset the potential."""
        return {"v": self.reset.apply(y["v"], spike, self.threshold - self.rest)}


def lif(
    size: int | tuple[int, ...],
    *,
    tau=20.0,
    rest=0.0,
    threshold=1.0,
    resistance=1.0,
    reset: Reset | None = None,
    emission: Emission | None = None,
    refractory: Refractory | None = None,
    receptors: Mapping[str, Receptor] | None = None,
    integrator: Integrator | None = None,
) -> Population:
    """Return a population of leaky integrate-and-fire neurons.

    **Arguments:** `size`; the rest as for :class:`LIF` and :class:`Population`. By default arrivals
    jump the membrane (`Delta`), the leak is exact (`ExponentialEuler`), the reset is soft and the
    surrogate a fast sigmoid.

    **Raises:** `NeuropilError` as its parts do.

    >>> lif(100, tau=10.0).ports
    {'input': (100,)}
    """
    return Population(
        size,
        LIF(
            tau=tau,
            rest=rest,
            threshold=threshold,
            resistance=resistance,
            reset=SoftReset() if reset is None else reset,
        ),
        Threshold() if emission is None else emission,
        ExponentialEuler() if integrator is None else integrator,
        {"input": Delta()} if receptors is None else receptors,
        refractory,
    )
