"""Receptors that open channels: the current depends on the distance to a reversal potential."""

from typing import ClassVar

from jaxtyping import Array, Float

from ..core import Drive, Receptor
from ._kinetics import Cascade, alpha, closed, decayed, double_exponential
from ._parameter import check_order, parameter


def through(conductance, reversal) -> Drive:
    r"""Return the drive of a conductance, $I = g\,(E - v)$."""
    return Drive(const=conductance * reversal, slope=conductance)


class Conductance(Receptor):
    r"""Arrivals are a conductance for the length of the tick: $I = g\,(E - v)$, $g = \sum w s$.

    For arrivals that have their time course already: graded neurons, or a :class:`SaturatingGate`.

    **Arguments:** `reversal` E (mV), one or per neuron. Weights in uS.

    **Raises:** `NeuropilError` for a reversal potential that is not finite.

    >>> import jax.numpy as jnp
    >>> drive = Conductance(-70.0).step((), jnp.ones(1), None, None)[1]
    >>> drive.current(jnp.array([-60.0]))
    Array([-10.], dtype=float32)
    """

    least_weight: ClassVar[float] = 0.0
    reversal: Float[Array, "..."] = parameter("reversal", "mV", 0.0)

    def init(self, size):
        """Return no state."""
        return ()

    def step(self, state, arriving, v, tick):
        """Open what arrives."""
        return state, through(arriving, self.reversal)


class ExponentialConductance(Receptor):
    r"""A conductance that jumps and decays.

    - ODE: $\tau\,\dot g = -g$, $\quad I = g\,(E - v)$
    - Jump: $g \leftarrow g + \sum w s$, so that a weight is the peak in uS

    Arrivals act in their own tick; g is held for the tick, v moves.

    **Arguments:** `tau` (ms), `reversal` E (mV), one or per neuron.

    **Raises:** `NeuropilError` for a tau that is not positive, or a reversal that is not finite.

    >>> import jax.numpy as jnp
    >>> from neuropil.core import Tick
    >>> ampa = ExponentialConductance(5.0, reversal=0.0)
    >>> _, drive = ampa.step(ampa.init((1,)), 0.5, None, Tick(0, 0.1, None))
    >>> drive.current(jnp.array([-60.0]))
    Array([30.], dtype=float32)

    Source: Brette et al. 2007, doi:10.1007/s10827-007-0038-6.
    """

    least_weight: ClassVar[float] = 0.0
    tau: Float[Array, "..."] = parameter("tau", "ms", 5.0, positive=True)
    reversal: Float[Array, "..."] = parameter("reversal", "mV", 0.0)

    def init(self, size):
        """Return closed channels."""
        return closed(size, self.tau)

    def step(self, state, arriving, v, tick):
        """Open channels for what arrives, let them close."""
        state, conductance = decayed(state, arriving, self.tau, tick.dt)
        return state, through(conductance, self.reversal)


class AlphaConductance(Receptor):
    r"""A conductance that rises and decays with one time constant.

    A spike of weight w gives $g(t) = w\,(t/\tau)\,e^{1 - t/\tau}$, and $I = g\,(E - v)$: the
    weight is the peak in uS, reached after tau. It is zero in the tick of arrival.

    **Arguments:** `tau` (ms), `reversal` E (mV), one or per neuron.

    **Raises:** `NeuropilError` for a tau that is not positive, or a reversal that is not finite.

    >>> AlphaConductance(2.0, reversal=-75.0).init((1,)).opened
    Array([0.], dtype=float32)

    Source: Rall 1967, doi:10.1152/jn.1967.30.5.1138.
    """

    least_weight: ClassVar[float] = 0.0
    tau: Float[Array, "..."] = parameter("tau", "ms", 5.0, positive=True)
    reversal: Float[Array, "..."] = parameter("reversal", "mV", 0.0)

    def init(self, size):
        """Return closed channels."""
        return Cascade(closed(size, self.tau), closed(size, self.tau))

    def step(self, state, arriving, v, tick):
        """Pass the conductance on and advance it."""
        state, conductance = alpha(state, arriving, self.tau, tick.dt)
        return state, through(conductance, self.reversal)


class DoubleExponentialConductance(Receptor):
    r"""A conductance that rises and decays with two time constants.

    A spike of weight w gives $g(t) = w\,N\,(e^{-t/\tau_d} - e^{-t/\tau_r})$, and $I = g\,(E - v)$,
    where N makes the peak 1: the weight is the peak in uS. It is zero in the tick of arrival, and
    the alpha function where both time constants are equal.

    **Arguments:** `rise` and `decay` (ms), `reversal` E (mV), one or per neuron.

    **Raises:** `NeuropilError` for time constants that are not positive, a rise slower than the
    decay, and a reversal that is not finite.

    >>> DoubleExponentialConductance(0.5, 8.0, reversal=-75.0).init((1,)).opened
    Array([0.], dtype=float32)

    Source: Gerstner et al. 2014, Neuronal Dynamics, doi:10.1017/CBO9781107447615.
    """

    least_weight: ClassVar[float] = 0.0
    rise: Float[Array, "..."] = parameter("rise", "ms", 1.0, positive=True)
    decay: Float[Array, "..."] = parameter("decay", "ms", 5.0, positive=True)
    reversal: Float[Array, "..."] = parameter("reversal", "mV", 0.0)

    def __check_init__(self):
        """Refuse a rise slower than the decay."""
        check_order(self.rise, self.decay)

    def init(self, size):
        """Return closed channels."""
        return Cascade(closed(size, self.rise, self.decay), closed(size, self.rise, self.decay))

    def step(self, state, arriving, v, tick):
        """Pass the conductance on and advance it."""
        state, conductance = double_exponential(state, arriving, self.rise, self.decay, tick.dt)
        return state, through(conductance, self.reversal)
