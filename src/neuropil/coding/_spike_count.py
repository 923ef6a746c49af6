import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Node
from ..numerics import as_shape
from ._checks import as_recording


class SpikeCount(Node):
    r"""Counts what arrives: $n_t = n_{t-1} + x_t$.

    **Arguments:** `size`, the shape per tick.

    **Raises:** `NeuropilError` unless `size` is a positive int or a tuple of them.

    >>> from neuropil.core import simulate
    >>> import jax
    >>> _, records = simulate(SpikeCount(2), jnp.ones((4, 2)), dt=1.0, key=jax.random.key(0))
    >>> records.output[-1].tolist()
    [4.0, 4.0]
    """

    size: tuple = eqx.field(static=True, converter=lambda value: as_shape(value, "size"))

    @property
    def ports(self):
        """The one port `input`."""
        return {"input": self.size}

    @property
    def shape(self):
        """One count per input."""
        return self.size

    def init(self, *, key):
        """Return zero."""
        return jnp.zeros(self.size)

    def step(self, state, inputs, tick):
        """Add one tick."""
        count = state + inputs["input"]
        return count, count

    def sense(self, state):
        """Return the count so far."""
        return {"count": state}


def spike_count(output: Float[Array, "time *rest"]) -> Float[Array, "*rest"]:
    r"""Return the number of spikes, $\sum_t x_t$.

    **Arguments:** `output`, `[time, batch, features]` or any array with time first.

    **Raises:** `NeuropilError` for anything else.

    >>> spike_count(jnp.array([[1.0, 0.0], [1.0, 1.0]])).tolist()
    [2.0, 1.0]
    """
    return jnp.sum(as_recording(output, "output", "[time, ...]"), axis=0)
