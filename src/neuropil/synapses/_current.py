"""Receptors whose current does not depend on the membrane potential."""

from jaxtyping import Array, Float

from ..core import Drive, Receptor
from ._kinetics import Cascade, alpha, closed, decayed, double_exponential
from ._parameter import check_order, parameter


class ExponentialCurrent(Receptor):
    r"""A current that jumps and decays.

    - ODE: $\tau\,\dot I = -I$
    - Jump: $I \leftarrow I + \sum w s$, so that a weight is the peak in nA

    Arrivals act in their own tick; the membrane sees I as it is after them, for the whole tick.

    **Arguments:** `tau` (ms), one or per neuron.

    **Raises:** `NeuropilError` for a tau that is not positive.

    >>> import jax.numpy as jnp
    >>> from neuropil.core import Tick
    >>> state, drive = ExponentialCurrent(5.0).step(jnp.zeros(1), 2.0, None, Tick(0, 5.0, None))
    >>> float(drive.const[0]), round(float(state[0]), 4)
    (2.0, 0.7358)

    Source: Gerstner et al. 2014, Neuronal Dynamics, doi:10.1017/CBO9781107447615.
    """

    tau: Float[Array, "..."] = parameter("tau", "ms", 5.0, positive=True)

    def init(self, size):
        """Return no current."""
        return closed(size, self.tau)

    def step(self, state, arriving, v, tick):
        """Add arrivals, pass the current on, let it decay."""
        state, current = decayed(state, arriving, self.tau, tick.dt)
        return state, Drive(const=current)


class AlphaCurrent(Receptor):
    r"""A current that rises and decays with one time constant.

    A spike of weight w gives $I(t) = w\,(t/\tau)\,e^{1 - t/\tau}$: the weight is the peak in nA,
    reached after tau. It is zero in the tick of arrival.

    **Arguments:** `tau` (ms), one or per neuron.

    **Raises:** `NeuropilError` for a tau that is not positive.

    >>> AlphaCurrent(2.0).init((1,)).opened
    Array([0.], dtype=float32)

    Source: Rall 1967, doi:10.1152/jn.1967.30.5.1138.
    """

    tau: Float[Array, "..."] = parameter("tau", "ms", 5.0, positive=True)

    def init(self, size):
        """Return no current."""
        return Cascade(closed(size, self.tau), closed(size, self.tau))

    def step(self, state, arriving, v, tick):
        """Pass the current on and advance it."""
        state, current = alpha(state, arriving, self.tau, tick.dt)
        return state, Drive(const=current)


class DoubleExponentialCurrent(Receptor):
    r"""A current that rises and decays with two time constants.

    A spike of weight w gives $I(t) = w\,N\,(e^{-t/\tau_d} - e^{-t/\tau_r})$, where N makes the
    peak 1: the weight is the peak in nA. It is zero in the tick of arrival, and the alpha function
    where both time constants are equal.

    **Arguments:** `rise` and `decay` (ms), one or per neuron.

    **Raises:** `NeuropilError` for time constants that are not positive, and a rise slower than
    the decay.

    >>> DoubleExponentialCurrent(1.0, 5.0).init((1,)).opened
    Array([0.], dtype=float32)

    Source: Gerstner et al. 2014, Neuronal Dynamics, doi:10.1017/CBO9781107447615.
    """

    rise: Float[Array, "..."] = parameter("rise", "ms", 1.0, positive=True)
    decay: Float[Array, "..."] = parameter("decay", "ms", 5.0, positive=True)

    def __check_init__(self):
        """Refuse a rise slower than the decay."""
        check_order(self.rise, self.decay)

    def init(self, size):
        """Return no current."""
        return Cascade(closed(size, self.rise, self.decay), closed(size, self.rise, self.decay))

    def step(self, state, arriving, v, tick):
        """Pass the current on and advance it."""
        state, current = double_exponential(state, arriving, self.rise, self.decay, tick.dt)
        return state, Drive(const=current)
