from collections.abc import Mapping

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Cell, Delta, Emission, Population, Receptor, Refractory
from ..numerics import ExponentialEuler, Integrator, as_instance
from ._emission import Threshold
from ._parameter import parameter
from ._reset import Reset, SoftReset


class AdaptiveLIF(Cell):
    r"""Leaky integrate-and-fire with a threshold that rises at every spike.

    - ODE: $\tau\,\dot v = -(v - v_0) + R I$, $\quad\tau_a\,\dot a = -a$
    - Threshold: $v \ge \vartheta + \beta a$
    - Jump: $a \leftarrow a + 1$ at a spike, v by `reset`

    **Arguments:** `tau`, `tau_adaptation` $\tau_a$ (ms); `rest`, `threshold` (mV); `adaptation`
    $\beta$ (mV per spike); `resistance` (MOhm); one or per neuron; `reset`.

    **Raises:** `NeuropilError` for time constants or resistance that are not positive, or NaN.

    >>> sorted(AdaptiveLIF().init((2,)))
    ['a', 'v']

    Source: Bellec et al. 2020, doi:10.1038/s41467-020-17236-y.
    """

    tau: Float[Array, "..."] = parameter("tau", "ms", 20.0, positive=True)
    tau_adaptation: Float[Array, "..."] = parameter("tau_adaptation", "ms", 200.0, positive=True)
    rest: Float[Array, "..."] = parameter("rest", "mV", 0.0)
    threshold: Float[Array, "..."] = parameter("threshold", "mV", 1.0)
    adaptation: Float[Array, "..."] = parameter("adaptation", "mV", 0.1)
    resistance: Float[Array, "..."] = parameter("resistance", "MOhm", 1.0, positive=True)
    reset: Reset = eqx.field(default_factory=SoftReset)

    def __check_init__(self):
        """Refuse anything but a reset."""
        as_instance(self.reset, "reset", Reset, "a Reset")

    def init(self, size):
        """Return all neurons at rest, without adaptation."""
        return {"v": jnp.broadcast_to(self.rest, size), "a": jnp.zeros(size)}

    def field(self, y, drive):
        """Return the leak with the input's pull, and the decay of the adaptation."""
        pull = self.resistance * drive.current(y["v"])
        return {"v": (self.rest - y["v"] + pull) / self.tau, "a": -y["a"] / self.tau_adaptation}

    def excess(self, y):
        """Return the potential above the adapted threshold."""
        return y["v"] - self.threshold - self.adaptation * y["a"]

    def jump(self, y, spike):
        """Reset the potential and raise the adaptation."""
        height = self.threshold - self.rest + self.adaptation * y["a"]
        return {"v": self.reset.apply(y["v"], spike, height), "a": y["a"] + spike}


def adaptive_lif(
    size: int | tuple[int, ...],
    *,
    tau=20.0,
    tau_adaptation=200.0,
    rest=0.0,
    threshold=1.0,
    adaptation=0.1,
    resistance=1.0,
    reset: Reset | None = None,
    emission: Emission | None = None,
    refractory: Refractory | None = None,
    receptors: Mapping[str, Receptor] | None = None,
    integrator: Integrator | None = None,
) -> Population:
    """Return a population of leaky integrate-and-fire neurons with adaptive thresholds.

    **Arguments:** `size`; the rest as for :class:`AdaptiveLIF` and :class:`Population`.

    **Raises:** `NeuropilError` as its parts do.

    >>> adaptive_lif(5).shape
    (5,)
    """
    reset = SoftReset() if reset is None else reset
    return Population(
        size,
        AdaptiveLIF(
            tau=tau,
            tau_adaptation=tau_adaptation,
            rest=rest,
            threshold=threshold,
            adaptation=adaptation,
            resistance=resistance,
            reset=reset,
        ),
        Threshold() if emission is None else emission,
        ExponentialEuler() if integrator is None else integrator,
        {"input": Delta()} if receptors is None else receptors,
        refractory,
    )
