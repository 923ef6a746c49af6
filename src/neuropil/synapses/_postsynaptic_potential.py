from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Node
from ..numerics import as_shape, fail, is_traced
from ._parameter import check_per_neuron, parameter


class PotentialState(NamedTuple):
    """Two traces of the spikes, which decay with the membrane and with the synapse."""

    slow: Array
    fast: Array


class PostsynapticPotential(Node):
    r"""What each spike does to a membrane in time, of peak 1, as a node of the source's size.

    $y(t) = \sum_{t_i < t} K(t - t_i)$, $\quad K(t) = V_0\,(e^{-t/\tau} - e^{-t/\tau_s})$

    It depends on the source neuron alone: projections start at it, and a potential
    $v = \sum_i w_i y_i$ is linear in weights, as the Tempotron has it. Exact on the grid of ticks.

    **Arguments:** `size`; `tau` of the membrane and `tau_synapse` $\tau_s$ (ms), below `tau`, one
    or per neuron.

    **Raises:** `NeuropilError` for time constants that are not positive or not in this order.

    >>> import jax
    >>> from neuropil.core import simulate
    >>> spikes = jnp.zeros((40, 1)).at[0].set(1.0)
    >>> node = PostsynapticPotential(1, tau=20.0, tau_synapse=5.0)
    >>> _, records = simulate(node, spikes, dt=1.0, key=jax.random.key(0))
    >>> float(records.output[0, 0]), round(float(records.output.max()), 2)
    (0.0, 1.0)

    Source: Guetig and Sompolinsky 2006, doi:10.1038/nn1643.
    """

    size: tuple = eqx.field(static=True, converter=lambda value: as_shape(value, "size"))
    tau: Float[Array, "..."] = parameter("tau", "ms", 20.0, positive=True)
    tau_synapse: Float[Array, "..."] = parameter("tau_synapse", "ms", 5.0, positive=True)

    def __check_init__(self):
        """Refuse parameters of other neurons, and a rise that is slower than the decay."""
        check_per_neuron(self, "tau", "tau_synapse")
        tau, rise = self.tau, self.tau_synapse
        if not is_traced(tau) and not is_traced(rise) and bool((rise >= tau).any()):
            got = f"{rise} with a tau of {tau}"
            fail("tau_synapse", got, "less than tau, in ms", "pass e.g. tau / 4")

    @property
    def ports(self):
        """The one port `input`, for spikes."""
        return {"input": self.size}

    @property
    def shape(self):
        """One potential per source neuron."""
        return self.size

    def init(self, *, key):
        """Return no spikes so far."""
        kind = jnp.result_type(self.tau, self.tau_synapse)
        return PotentialState(jnp.zeros(self.size, kind), jnp.zeros(self.size, kind))

    def step(self, state, inputs, tick):
        """Decay, and add the spikes of this tick."""
        spike = inputs["input"]
        slow = state.slow * jnp.exp(-tick.dt / self.tau) + spike
        fast = state.fast * jnp.exp(-tick.dt / self.tau_synapse) + spike
        ratio = self.tau / self.tau_synapse
        peak = jnp.log(ratio) / (ratio - 1.0)  # when it is, over tau
        height = jnp.exp(-peak) - jnp.exp(-peak * ratio)
        after = PotentialState(slow.astype(state.slow.dtype), fast.astype(state.fast.dtype))
        return after, ((slow - fast) / height).astype(state.slow.dtype)

    def sense(self, state):
        """Return both traces."""
        return {"slow": state.slow, "fast": state.fast}
