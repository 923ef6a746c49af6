import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Node
from ..numerics import as_parameter, as_shape, fail


class LeakyIntegral(Node):
    r"""A leaky integral of what arrives.

    - ODE: $\tau\,\dot v = -v$
    - Jump: $v \leftarrow v + x$ at every arrival, so that $v_t = e^{-\Delta t/\tau} v_{t-1} + x_t$

    **Arguments:** `size`, the shape per tick; `tau` in ms, one or per input.

    **Raises:** `NeuropilError` for a size or tau that is not positive, and a tau of another shape.

    >>> import jax
    >>> from neuropil.core import simulate
    >>> node, x = LeakyIntegral(1, tau=1.0), jnp.array([[1.0], [0.0], [0.0]])
    >>> _, records = simulate(node, x, dt=1.0, key=jax.random.key(0))
    >>> bool(jnp.allclose(records.output[:, 0], jnp.exp(-jnp.arange(3.0))))
    True
    """

    size: tuple = eqx.field(static=True, converter=lambda value: as_shape(value, "size"))
    tau: Float[Array, "..."] = eqx.field(
        default=20.0,
        converter=lambda value: as_parameter(value, "tau", unit="ms", positive=True),
    )

    def __check_init__(self):
        """Refuse time constants of other neurons."""
        if self.tau.shape not in ((), self.size):
            shape = self.tau.shape
            fail("tau", f"shape {shape}", f"one tau in ms, or shape {self.size}", "one per input")

    @property
    def ports(self):
        """The one port `input`."""
        return {"input": self.size}

    @property
    def shape(self):
        """One integral per input."""
        return self.size

    def init(self, *, key):
        """Return zero."""
        return jnp.zeros(self.size)

    def step(self, state, inputs, tick):
        """Decay and add one tick."""
        v = state * jnp.exp(-tick.dt / self.tau) + inputs["input"]
        return v, v

    def sense(self, state):
        """Return the integral as `v`."""
        return {"v": state}
