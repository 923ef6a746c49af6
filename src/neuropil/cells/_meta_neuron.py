from collections.abc import Mapping

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Cell, Delta, Emission, Population, Receptor, Refractory
from ..numerics import ExponentialEuler, Integrator, as_instance
from ._emission import Threshold
from ._parameter import parameter
from ._reset import HardReset, Reset


class MetaNeuron(Cell):
    r"""A membrane of second order: a potential and one variable that follows it and holds it back.

    - ODE: $\tau\,\dot v = -a v - u + R I$, $\quad\tau_u\,\dot u = b v - u$
    - Threshold: $v \ge \vartheta$
    - Jump: v by `reset`, $u \leftarrow u + c$ at a spike

    With $a = 1$, $b = c = 0$ it is the leaky integrate-and-fire neuron; with $b > 0$ it may ring,
    and answer inputs best that repeat at its own period; with $c > 0$ it tires. All parameters are
    meant to be learnt (see :func:`~neuropil.training.learnable_also`).

    **Arguments:** `tau` and `tau_u` (ms), `threshold` $\vartheta$ (mV), `a`, `b`, `c` (mV),
    `resistance` R (MOhm), one or per neuron; `reset`.

    **Raises:** `NeuropilError` for time constants or a resistance that are not positive, or NaN.

    >>> sorted(MetaNeuron().init((2,)))
    ['u', 'v']

    Source: Rudnicka et al. 2025, arXiv:2508.11674.
    """

    tau: Float[Array, "..."] = parameter("tau", "ms", 20.0, positive=True)
    tau_u: Float[Array, "..."] = parameter("tau_u", "ms", 20.0, positive=True)
    a: Float[Array, "..."] = parameter("a", "", 1.0)
    b: Float[Array, "..."] = parameter("b", "", 0.0)
    c: Float[Array, "..."] = parameter("c", "mV", 0.0)
    threshold: Float[Array, "..."] = parameter("threshold", "mV", 1.0)
    resistance: Float[Array, "..."] = parameter("resistance", "MOhm", 1.0, positive=True)
    reset: Reset = eqx.field(default_factory=HardReset)

    def __check_init__(self):
        """Refuse anything but a reset."""
        as_instance(self.reset, "reset", Reset, "a Reset")

    def init(self, size):
        """Return both variables at rest."""
        return {"v": jnp.zeros(size), "u": jnp.zeros(size)}

    def field(self, y, drive):
        """Return what pulls the potential, and how u follows it."""
        v, u = y["v"], y["u"]
        pull = self.resistance * drive.current(v)
        return {"v": (pull - self.a * v - u) / self.tau, "u": (self.b * v - u) / self.tau_u}

    def excess(self, y):
        """Return the potential above threshold."""
        return y["v"] - self.threshold

    def jump(self, y, spike):
        """Reset the potential and raise what holds it back."""
        return {
            "v": self.reset.apply(y["v"], spike, self.threshold),
            "u": y["u"] + self.c * spike,
        }


def meta_neuron(
    size: int | tuple[int, ...],
    *,
    tau=20.0,
    tau_u=20.0,
    a=1.0,
    b=0.0,
    c=0.0,
    threshold=1.0,
    resistance=1.0,
    reset: Reset | None = None,
    emission: Emission | None = None,
    refractory: Refractory | None = None,
    receptors: Mapping[str, Receptor] | None = None,
    integrator: Integrator | None = None,
) -> Population:
    """Return a population of neurons whose membranes are of second order.

    **Arguments:** `size`; the rest as for :class:`MetaNeuron` and :class:`Population`. By default
    arrivals jump the membrane, spikes set it to 0, and the surrogate is a fast sigmoid. An
    `EscapeNoise` as `emission` makes the release of spikes random.

    **Raises:** `NeuropilError` as its parts do.

    >>> meta_neuron(5, b=1.0).shape
    (5,)
    """
    cell = MetaNeuron(
        tau=tau,
        tau_u=tau_u,
        a=a,
        b=b,
        c=c,
        threshold=threshold,
        resistance=resistance,
        reset=HardReset() if reset is None else reset,
    )
    return Population(
        size,
        cell,
        Threshold() if emission is None else emission,
        ExponentialEuler() if integrator is None else integrator,
        {"input": Delta()} if receptors is None else receptors,
        refractory,
    )
