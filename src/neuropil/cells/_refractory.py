import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Refractory
from ..numerics import as_parameter


class AbsoluteRefractory(Refractory):
    r"""After a spike the potential neither moves nor makes spikes for `duration`.

    It is held for `round(duration / dt)` ticks after the tick of the spike, but for at least one
    where the duration is not zero. Other variables go on, and so do the potentials of dendrites.

    **Arguments:** `duration` in ms, one or per neuron.

    **Raises:** `NeuropilError` for a negative duration.

    >>> float(AbsoluteRefractory(2.0).duration)
    2.0
    """

    duration: Float[Array, "..."] = eqx.field(
        converter=lambda value: as_parameter(value, "duration", unit="ms", minimum=0.0)
    )

    def init(self, size):
        """Return zero ticks left to wait."""
        return jnp.zeros(size, jnp.int32)

    def is_free(self, state):
        """Return where no wait is left."""
        return state == 0

    def after(self, state, spike, tick):
        """Return the ticks left to wait after this one."""
        whole = jnp.maximum(jnp.round(self.duration / tick.dt), self.duration > 0)
        whole = whole.astype(jnp.int32)
        return jnp.where(spike > 0, whole, jnp.maximum(state - 1, 0))
