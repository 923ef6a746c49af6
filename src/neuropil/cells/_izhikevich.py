from collections.abc import Mapping

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Cell, Current, Emission, Population, Receptor, Refractory
from ..numerics import Euler, Integrator
from ._emission import Threshold
from ._parameter import parameter


class Izhikevich(Cell):
    r"""Izhikevich's two-variable neuron.

    - ODE: $\dot v = 0.04 v^2 + \kappa v + \eta - u + I$, $\quad\dot u = a (b (v - v_u) - \lambda
      u)$
    - Threshold: $v \ge$ `peak`
    - Jump: $v \leftarrow c$, $u \leftarrow u + d$ at a spike

    **Arguments:** `a` (1/ms), `b` (1/ms), `c` (mV), `d` (mV/ms), `peak` (mV), `slope` $\kappa$
    (1/ms), `offset` $\eta$ (mV/ms), `recovery_rest` $v_u$ (mV), `recovery_decay` $\lambda$, one or
    per neuron. Almost all uses leave the last four as they are; some of the published firing
    patterns do not (see :func:`izhikevich_pattern`).

    **Raises:** `NeuropilError` for values that are not finite.

    >>> float(Izhikevich().init((1,))["v"][0])
    -65.0

    Source: Izhikevich 2003, doi:10.1109/TNN.2003.820440; 2004, doi:10.1109/TNN.2004.832719.
    """

    a: Float[Array, "..."] = parameter("a", "1/ms", 0.02)
    b: Float[Array, "..."] = parameter("b", "1/ms", 0.2)
    c: Float[Array, "..."] = parameter("c", "mV", -65.0)
    d: Float[Array, "..."] = parameter("d", "mV/ms", 8.0)
    peak: Float[Array, "..."] = parameter("peak", "mV", 30.0)
    slope: Float[Array, "..."] = parameter("slope", "1/ms", 5.0)
    offset: Float[Array, "..."] = parameter("offset", "mV/ms", 140.0)
    recovery_rest: Float[Array, "..."] = parameter("recovery_rest", "mV", 0.0)
    recovery_decay: Float[Array, "..."] = parameter("recovery_decay", "", 1.0)

    def init(self, size):
        """Return v = c and u where it would stand still, were it to decay."""
        return {
            "v": jnp.broadcast_to(self.c, size),
            "u": jnp.broadcast_to(self.b * (self.c - self.recovery_rest), size),
        }

    def field(self, y, drive):
        """Return the derivatives of v and u."""
        v, u = y["v"], y["u"]
        return {
            "v": 0.04 * v * v + self.slope * v + self.offset - u + drive.current(v),
            "u": self.a * (self.b * (v - self.recovery_rest) - self.recovery_decay * u),
        }

    def time_constants(self):
        """Return how fast u follows; v has none, and published runs take steps of 0.5 to 1 ms."""
        return {"1 / a": 1.0 / jnp.abs(self.a)}

    def excess(self, y):
        """Return the potential above the peak."""
        return y["v"] - self.peak

    def jump(self, y, spike):
        """Reset v to c and raise u by d; no gradient passes through the spike."""
        v = jnp.where(spike > 0, self.c, y["v"])  # also if v, which grows as its square, overflows
        return {"v": v, "u": y["u"] + self.d * jax.lax.stop_gradient(spike)}


def izhikevich(
    size: int | tuple[int, ...],
    *,
    a=0.02,
    b=0.2,
    c=-65.0,
    d=8.0,
    peak=30.0,
    slope=5.0,
    offset=140.0,
    recovery_rest=0.0,
    recovery_decay=1.0,
    emission: Emission | None = None,
    refractory: Refractory | None = None,
    receptors: Mapping[str, Receptor] | None = None,
    integrator: Integrator | None = None,
) -> Population:
    """Return a population of Izhikevich neurons; arrivals are currents, regular spiking by default.

    **Arguments:** `size`; the rest as for :class:`Izhikevich` and :class:`Population`. Forward
    Euler needs a time step of 0.5 ms or less.

    **Raises:** `NeuropilError` as its parts do.

    >>> izhikevich(3).ports
    {'input': (3,)}
    """
    return Population(
        size,
        Izhikevich(
            a=a,
            b=b,
            c=c,
            d=d,
            peak=peak,
            slope=slope,
            offset=offset,
            recovery_rest=recovery_rest,
            recovery_decay=recovery_decay,
        ),
        Threshold() if emission is None else emission,
        Euler() if integrator is None else integrator,
        {"input": Current()} if receptors is None else receptors,
        refractory,
    )
