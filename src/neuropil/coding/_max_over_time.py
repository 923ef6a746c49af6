import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Node
from ..numerics import as_shape
from ._checks import as_recording


class MaxOverTime(Node):
    r"""The largest arrival so far, $m_t = \max(m_{t-1}, x_t)$; gradients go to the first largest.

    **Arguments:** `size`, the shape per tick.

    **Raises:** `NeuropilError` unless `size` is a positive int or a tuple of them.

    >>> import jax
    >>> from neuropil.core import simulate
    >>> x = jnp.array([[-2.0], [3.0], [1.0]])
    >>> _, records = simulate(MaxOverTime(1), x, dt=1.0, key=jax.random.key(0))
    >>> records.output[:, 0].tolist()
    [-2.0, 3.0, 3.0]
    """

    size: tuple = eqx.field(static=True, converter=lambda value: as_shape(value, "size"))

    @property
    def ports(self):
        """The one port `input`."""
        return {"input": self.size}

    @property
    def shape(self):
        """One maximum per input."""
        return self.size

    def init(self, *, key):
        """Return the smallest finite number, below any arrival."""
        return jnp.full(self.size, jnp.finfo(jnp.result_type(float)).min)

    def step(self, state, inputs, tick):
        """Compare with one tick."""
        x = inputs["input"].astype(state.dtype)
        largest = jnp.where(x > state, x, state)
        return largest, largest

    def sense(self, state):
        """Return the largest arrival so far."""
        return {"max": state}


def max_over_time(output: Float[Array, "time *rest"]) -> Float[Array, "*rest"]:
    r"""Return the largest value, $\max_t x_t$.

    **Arguments:** `output`, `[time, batch, features]` or any array with time first.

    **Raises:** `NeuropilError` for anything else.

    >>> max_over_time(jnp.array([[1.0, -5.0], [2.0, -7.0]])).tolist()
    [2.0, -5.0]
    """
    return jnp.max(as_recording(output, "output", "[time, ...]"), axis=0)
