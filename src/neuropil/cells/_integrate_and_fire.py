from collections.abc import Mapping

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Cell, Delta, Emission, Population, Receptor, Refractory
from ..numerics import Euler, Integrator, as_instance
from ._emission import Threshold
from ._parameter import parameter
from ._reset import Reset, SoftReset


class IF(Cell):
    r"""Integrate-and-fire without a leak.

    - ODE: $\dot v = b + I / C$
    - Threshold: $v \ge \vartheta$
    - Jump: by `reset`

    Driven by a constant input and reset by subtraction it fires at a rate that is a rectifier of
    its input; with $v = \vartheta/2$ at first, the count is rounded to the nearest whole number.

    **Arguments:** `threshold` $\vartheta$ and `initial` v (mV), `bias` b (mV/ms), `capacitance` C
    (nF), one or per neuron; `reset`.

    **Raises:** `NeuropilError` for a threshold or capacitance that is not positive, or NaN.

    >>> IF(initial=0.5).init((2,))["v"]
    Array([0.5, 0.5], dtype=float32)

    Source: Gerstner et al. 2014, Neuronal Dynamics, doi:10.1017/CBO9781107447615.
    """

    threshold: Float[Array, "..."] = parameter("threshold", "mV", 1.0, positive=True)
    initial: Float[Array, "..."] = parameter("initial", "mV", 0.0)
    bias: Float[Array, "..."] = parameter("bias", "mV/ms", 0.0)
    capacitance: Float[Array, "..."] = parameter("capacitance", "nF", 1.0, positive=True)
    reset: Reset = eqx.field(default_factory=SoftReset)

    def __check_init__(self):
        """Refuse anything but a reset."""
        as_instance(self.reset, "reset", Reset, "a Reset")

    def init(self, size):
        """Return all neurons where they begin."""
        return {"v": jnp.broadcast_to(self.initial, size)}

    def field(self, y, drive):
        """Return the bias and the input current's pull."""
        pull = drive.current(y["v"]) / self.capacitance
        return {"v": jnp.broadcast_to(self.bias + pull, y["v"].shape)}

    def excess(self, y):
        """Return the potential above threshold."""
        return y["v"] - self.threshold

    def jump(self, y, spike):
        """Reset the potential."""
        return {"v": self.reset.apply(y["v"], spike, self.threshold)}


def integrate_and_fire(
    size: int | tuple[int, ...],
    *,
    threshold=1.0,
    initial=0.0,
    bias=0.0,
    capacitance=1.0,
    reset: Reset | None = None,
    emission: Emission | None = None,
    refractory: Refractory | None = None,
    receptors: Mapping[str, Receptor] | None = None,
    integrator: Integrator | None = None,
) -> Population:
    """Return a population of integrate-and-fire neurons without a leak.

    **Arguments:** `size`; the rest as for :class:`IF` and :class:`Population`. By default arrivals
    jump the membrane (`Delta`), the reset is soft and the surrogate a fast sigmoid.

    **Raises:** `NeuropilError` as its parts do.

    >>> from neuropil.core import simulate
    >>> import jax
    >>> neurons = integrate_and_fire(1, bias=0.3, initial=0.5)  # 0.3 mV a tick to a threshold of 1
    >>> out = simulate(neurons, None, ticks=10, dt=1.0, key=jax.random.key(0))[1].output
    >>> int(out.sum())
    3
    """
    return Population(
        size,
        IF(
            threshold=threshold,
            initial=initial,
            bias=bias,
            capacitance=capacitance,
            reset=SoftReset() if reset is None else reset,
        ),
        Threshold() if emission is None else emission,
        Euler() if integrator is None else integrator,
        {"input": Delta()} if receptors is None else receptors,
        refractory,
    )
