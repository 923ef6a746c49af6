"""Channels of one axon's synapses, of which no spike can open more than are closed."""

import equinox as eqx
from jaxtyping import Array, Float

from ..core import Node
from ..numerics import ExponentialEuler, as_shape
from ._kinetics import closed
from ._parameter import check_per_neuron, parameter


class SaturatingGate(Node):
    r"""Slow synapses that saturate: turns spikes into the share of channels open.

    - ODE: $\tau_r\,\dot x = -x$, $\quad\dot s = -s / \tau_d + \alpha x (1 - s)$
    - Jump: $x \leftarrow x + 1$ at a spike

    Projections start at it instead of at the neurons, at a port with a :class:`BlockedConductance`
    (NMDA) or a :class:`Conductance`: a weight is then the conductance of all channels (uS). Every
    synapse saturates for itself, so that this depends on the source neuron alone. The output is s
    at the beginning of the tick; x and s are advanced by the exponential Euler scheme.

    **Arguments:** `size`, the shape of the source; `rise` $\tau_r$ and `decay` $\tau_d$ (ms),
    `alpha` (1/ms), one or per neuron.

    **Raises:** `NeuropilError` for time constants or an alpha that are not positive, and parameters
    of another shape.

    >>> SaturatingGate(3).ports
    {'input': (3,)}

    Source: Wang 1999, doi:10.1523/JNEUROSCI.19-21-09587.1999; Wang 2002,
    doi:10.1016/S0896-6273(02)01092-9.
    """

    size: tuple = eqx.field(static=True, converter=lambda value: as_shape(value, "size"))
    rise: Float[Array, "..."] = parameter("rise", "ms", 2.0, positive=True)
    decay: Float[Array, "..."] = parameter("decay", "ms", 100.0, positive=True)
    alpha: Float[Array, "..."] = parameter("alpha", "1/ms", 0.5, positive=True)

    def __check_init__(self):
        """Refuse parameters of other neurons."""
        check_per_neuron(self, "rise", "decay", "alpha")

    @property
    def ports(self):
        """The one port `input`, for spikes."""
        return {"input": self.size}

    @property
    def shape(self):
        """One share per source neuron."""
        return self.size

    def init(self, *, key):
        """Return closed channels."""
        kinetics = self.rise, self.decay, self.alpha
        return {"s": closed(self.size, *kinetics), "x": closed(self.size, *kinetics)}

    def step(self, state, inputs, tick):
        """Bind what arrives, return what is open, advance."""

        def field(y):
            opening = self.alpha * y["x"] * (1.0 - y["s"])
            return {"s": opening - y["s"] / self.decay, "x": -y["x"] / self.rise}

        bound = {"s": state["s"], "x": (state["x"] + inputs["input"]).astype(state["x"].dtype)}
        after = ExponentialEuler().advance(field, bound, tick.dt)
        return {name: after[name].astype(bound[name].dtype) for name in bound}, state["s"]

    def sense(self, state):
        """Return the share open, `s`, and what opens it, `x`."""
        return state
