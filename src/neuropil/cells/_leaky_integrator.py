from collections.abc import Mapping

import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Cell, Delta, Population, Receptor
from ..numerics import ExponentialEuler, Integrator
from ._emission import Graded
from ._parameter import parameter


class LeakyIntegrator(Cell):
    r"""A membrane without spikes, $\tau\,\dot v = -(v - v_0) + R I$.

    **Arguments:** `tau` (ms), `rest` $v_0$ (mV), `resistance` R (MOhm), one or per neuron.

    **Raises:** `NeuropilError` for a tau or resistance that is not positive, or NaN.

    >>> LeakyIntegrator(tau=5.0).init((1,))["v"]
    Array([0.], dtype=float32)
    """

    tau: Float[Array, "..."] = parameter("tau", "ms", 20.0, positive=True)
    rest: Float[Array, "..."] = parameter("rest", "mV", 0.0)
    resistance: Float[Array, "..."] = parameter("resistance", "MOhm", 1.0, positive=True)

    def init(self, size):
        """Return the resting potential."""
        return {"v": jnp.broadcast_to(self.rest, size)}

    def field(self, y, drive):
        """Return the leak and the input current's pull."""
        pull = self.resistance * drive.current(y["v"])
        return {"v": (self.rest - y["v"] + pull) / self.tau}

    def excess(self, y):
        """Return the potential, which is also the output."""
        return y["v"]

    def jump(self, y, spike):
        """Return the variables as they are."""
        return y


def leaky_integrator(
    size: int | tuple[int, ...],
    *,
    tau=20.0,
    rest=0.0,
    resistance=1.0,
    receptors: Mapping[str, Receptor] | None = None,
    integrator: Integrator | None = None,
) -> Population:
    """Return a population of leaky integrators, the usual readout; its output is v (mV).

    **Arguments:** `size`; the rest as for :class:`LeakyIntegrator` and :class:`Population`.

    **Raises:** `NeuropilError` as its parts do.

    >>> leaky_integrator(10).shape
    (10,)
    """
    return Population(
        size,
        LeakyIntegrator(tau=tau, rest=rest, resistance=resistance),
        Graded(),
        ExponentialEuler() if integrator is None else integrator,
        {"input": Delta()} if receptors is None else receptors,
        None,
    )
