"""NMDA receptors: channels that magnesium blocks where the membrane is polarised."""

from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Receptor
from ._conductance import through
from ._kinetics import Cascade, closed, double_exponential
from ._parameter import check_order, parameter


def unblocked(v, magnesium):
    r"""Return the share of channels free of magnesium, $1/(1 + [Mg]\,e^{-0.062 v}/3.57)$."""
    return jax.nn.sigmoid(0.062 * v - jnp.log(magnesium / 3.57))


class NMDA(Receptor):
    r"""A double-exponential conductance under the voltage-dependent block by magnesium.

    $I = g\,B(v)\,(E - v)$, $\quad B(v) = 1 / (1 + [Mg]\,e^{-0.062\,v/\mathrm{mV}} / 3.57)$

    g is that of :class:`DoubleExponentialConductance`: a weight is the peak in uS without
    magnesium. B is taken at the potential at the beginning of the tick.

    **Arguments:** `rise` and `decay` (ms), `reversal` E (mV), `magnesium` (mM), one or per neuron;
    without magnesium use :class:`DoubleExponentialConductance`.

    **Raises:** `NeuropilError` for time constants or magnesium that are not positive, a rise
    slower than the decay, and a reversal that is not finite.

    >>> from neuropil.core import Tick
    >>> receptor, tick = NMDA(magnesium=1.0), Tick(0, 1.0, None)
    >>> state, _ = receptor.step(receptor.init((2,)), 1.0, jnp.zeros(2), tick)
    >>> _, drive = receptor.step(state, 0.0, jnp.array([-70.0, 0.0]), tick)
    >>> round(float(drive.slope[1] / drive.slope[0]), 2)  # as much more is open at 0 mV
    17.57

    Source: Jahr and Stevens 1990, doi:10.1523/JNEUROSCI.10-09-03178.1990.
    """

    least_weight: ClassVar[float] = 0.0
    rise: Float[Array, "..."] = parameter("rise", "ms", 2.0, positive=True)
    decay: Float[Array, "..."] = parameter("decay", "ms", 100.0, positive=True)
    reversal: Float[Array, "..."] = parameter("reversal", "mV", 0.0)
    magnesium: Float[Array, "..."] = parameter("magnesium", "mM", 1.0, positive=True)

    def __check_init__(self):
        """Refuse a rise slower than the decay."""
        check_order(self.rise, self.decay)

    def init(self, size):
        """Return closed channels."""
        return Cascade(closed(size, self.rise, self.decay), closed(size, self.rise, self.decay))

    def step(self, state, arriving, v, tick):
        """Pass on the conductance that is not blocked, and advance the channels."""
        state, conductance = double_exponential(state, arriving, self.rise, self.decay, tick.dt)
        return state, through(conductance * unblocked(v, self.magnesium), self.reversal)


class BlockedConductance(Receptor):
    r"""Arrivals are a conductance for the length of the tick, blocked by magnesium.

    $I = g\,B(v)\,(E - v)$, $g = \sum w s$ (uS), B as in :class:`NMDA`. The receptor behind a
    :class:`SaturatingGate`.

    **Arguments:** `reversal` E (mV), `magnesium` (mM), one or per neuron.

    **Raises:** `NeuropilError` for magnesium that is not positive, and a reversal that is not
    finite.

    >>> drive = BlockedConductance().step((), jnp.ones(1), jnp.zeros(1), None)[1]
    >>> round(float(drive.slope[0]), 3)
    0.781

    Source: Jahr and Stevens 1990, doi:10.1523/JNEUROSCI.10-09-03178.1990.
    """

    least_weight: ClassVar[float] = 0.0
    reversal: Float[Array, "..."] = parameter("reversal", "mV", 0.0)
    magnesium: Float[Array, "..."] = parameter("magnesium", "mM", 1.0, positive=True)

    def init(self, size):
        """Return no state."""
        return ()

    def step(self, state, arriving, v, tick):
        """Open what arrives and is not blocked."""
        return state, through(arriving * unblocked(v, self.magnesium), self.reversal)
