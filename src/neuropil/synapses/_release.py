"""Short-term plasticity: how much of what is left a spike releases."""

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Node
from ..numerics import as_shape
from ._parameter import check_per_neuron, parameter


class ReleaseState(NamedTuple):
    """Use u and resources x of every source neuron, at the end of the tick."""

    u: Float[Array, "*n"]
    x: Float[Array, "*n"]


class Release(Node):
    r"""Short-term plasticity (Tsodyks and Markram): turns spikes into amounts released.

    - ODE: $\tau_f\,\dot u = -u$, $\quad\tau_d\,\dot x = 1 - x$
    - Jump at a spike: $u \leftarrow u + U (1 - u)$, release $u x$, $x \leftarrow x - u x$

    Projections start at it instead of at the neurons, so that a weight is what all resources
    together would do. It depends on the source neuron alone: one per kind of synapse, not one per
    synapse. Exact between spikes.

    **Arguments:** `size`, the shape of the source; `use` U, 0 to 1; `recovery` $\tau_d$ (ms);
    `facilitation` $\tau_f$ (ms), 0 for synapses that do not facilitate, of which u is U at every
    spike; one or per neuron.

    **Raises:** `NeuropilError` for a use outside 0 to 1, a recovery that is not positive, a
    negative facilitation, and parameters of another shape.

    >>> import jax
    >>> from neuropil.core import simulate
    >>> spikes, synapse = jnp.ones((3, 1)), Release(1, use=0.5, recovery=1e6)
    >>> simulate(synapse, spikes, dt=1.0, key=jax.random.key(0))[1].output[:, 0].round(3).tolist()
    [0.5, 0.25, 0.125]

    Source: Markram, Wang and Tsodyks 1998, doi:10.1073/pnas.95.9.5323.
    """

    size: tuple = eqx.field(static=True, converter=lambda value: as_shape(value, "size"))
    use: Float[Array, "..."] = parameter("use", "", 0.5, minimum=0.0, maximum=1.0)
    recovery: Float[Array, "..."] = parameter("recovery", "ms", 800.0, positive=True)
    facilitation: Float[Array, "..."] = parameter("facilitation", "ms", 0.0, minimum=0.0)

    def __check_init__(self):
        """Refuse parameters of other neurons."""
        check_per_neuron(self, "use", "recovery", "facilitation")

    @property
    def ports(self):
        """The one port `input`, for spikes."""
        return {"input": self.size}

    @property
    def shape(self):
        """One amount per source neuron."""
        return self.size

    def init(self, *, key):
        """Return all resources, and no use of them yet."""
        kind = jnp.result_type(self.use, self.recovery, self.facilitation)
        return ReleaseState(jnp.zeros(self.size, kind), jnp.ones(self.size, kind))

    def step(self, state, inputs, tick):
        """Release at spikes, then recover."""
        spike = inputs["input"]
        u = state.u + self.use * (1.0 - state.u) * spike
        released = u * state.x * spike
        x = state.x - released
        facilitates = self.facilitation > 0.0
        tau = jnp.where(facilitates, self.facilitation, 1.0)
        u = jnp.where(facilitates, u * jnp.exp(-tick.dt / tau), 0.0)
        x = x - (1.0 - x) * jnp.expm1(-tick.dt / self.recovery)
        after = ReleaseState(u.astype(state.u.dtype), x.astype(state.x.dtype))
        return after, released.astype(state.x.dtype)

    def sense(self, state):
        """Return the use `u` and the resources `x`."""
        return {"u": state.u, "x": state.x}
