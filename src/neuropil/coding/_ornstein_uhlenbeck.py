import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Node
from ..numerics import as_parameter, as_shape
from ._checks import check_per_neuron


class OrnsteinUhlenbeck(Node):
    r"""Coloured noise: a random walk that is pulled back to its mean.

    $\tau\,\dot x = -(x - \mu) + \sigma\sqrt{2\tau}\,\xi$, exact for any time step:

    $x_t = \mu + (x_{t-1} - \mu)\,a + \sigma\sqrt{1 - a^2}\,\xi_t$, $\quad a = e^{-\Delta t/\tau}$

    The state before the first tick is drawn from the stationary distribution, of mean $\mu$ and
    standard deviation $\sigma$. Tick t draws from its own key, so that a run that is cut and
    carried on has the same noise.

    **Arguments:** `size`; `mean` $\mu$ and `sd` $\sigma$, in the unit of the port that it feeds
    (nA for currents); `tau` (ms); one or per neuron.

    **Raises:** `NeuropilError` for a negative sd, a tau that is not positive, and parameters of
    another shape.

    >>> from neuropil.core import simulate
    >>> noise = OrnsteinUhlenbeck(1000, mean=0.5, sd=0.0)
    >>> float(simulate(noise, None, dt=1.0, key=jax.random.key(0), ticks=3)[1].output.max())
    0.5

    Source: Gillespie 1996, doi:10.1103/PhysRevE.54.2084.
    """

    size: tuple = eqx.field(static=True, converter=lambda value: as_shape(value, "size"))
    mean: Float[Array, "..."] = eqx.field(
        default=0.0, converter=lambda value: as_parameter(value, "mean")
    )
    sd: Float[Array, "..."] = eqx.field(
        default=1.0, converter=lambda value: as_parameter(value, "sd", minimum=0.0)
    )
    tau: Float[Array, "..."] = eqx.field(
        default=5.0, converter=lambda value: as_parameter(value, "tau", unit="ms", positive=True)
    )

    def __check_init__(self):
        """Refuse parameters of other neurons."""
        check_per_neuron(self, "mean", "sd", "tau")

    @property
    def ports(self):
        """None: nothing arrives here."""
        return {}

    @property
    def shape(self):
        """One value per neuron."""
        return self.size

    def init(self, *, key):
        """Draw from the stationary distribution."""
        return self.mean + self.sd * self._draw(key)

    def step(self, state, inputs, tick):
        """Return the value at the end of the tick."""
        step = tick.dt / self.tau
        fresh = self.sd * jnp.sqrt(-jnp.expm1(-2.0 * step)) * self._draw(tick.key)
        x = self.mean + (state - self.mean) * jnp.exp(-step) + fresh
        x = x.astype(state.dtype)
        return x, x

    def sense(self, state):
        """Return the value as `x`."""
        return {"x": state}

    def _draw(self, key):
        return jax.random.normal(key, self.size, jnp.result_type(self.mean, self.sd, self.tau))
