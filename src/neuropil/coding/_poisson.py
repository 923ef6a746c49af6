import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Node, SweepNode, Tick
from ..numerics import as_parameter, as_shape, uniform
from ._checks import check_per_neuron
from ._counts import poisson_counts


def _rate():
    return eqx.field(
        default=0.0, converter=lambda value: as_parameter(value, "rate", unit="Hz", minimum=0.0)
    )


class PoissonSource(SweepNode):
    r"""Neurons that spike at random: in every tick with probability $r\,\Delta t / 1000$.

    Whatever arrives at the port `rate` (Hz) is added to r. Rates above one spike per tick give one
    spike per tick; for many trains together use :class:`PoissonCount`. Tick t draws from its own
    key, so that a run that is cut and carried on has the same spikes. No gradient passes.

    **Arguments:** `size`; `rate` r in Hz, one or per neuron.

    **Raises:** `NeuropilError` for a negative rate, and rates of another shape.

    >>> from neuropil.core import simulate
    >>> _, records = simulate(PoissonSource(3, 500.0), None, dt=2.0, key=jax.random.key(0), ticks=4)
    >>> float(records.output.min())
    1.0
    """

    size: tuple = eqx.field(static=True, converter=lambda value: as_shape(value, "size"))
    rate: Float[Array, "..."] = _rate()

    def __check_init__(self):
        """Refuse rates of other neurons."""
        check_per_neuron(self, "rate")

    @property
    def ports(self):
        """The port `rate`, in Hz."""
        return {"rate": self.size}

    @property
    def shape(self):
        """One train per neuron."""
        return self.size

    def init(self, *, key):
        """Return no state."""
        return ()

    def step(self, state, inputs, tick):
        """Draw the spikes of a tick."""
        p = jax.lax.stop_gradient((self.rate + inputs["rate"]) * (tick.dt / 1000.0))
        drawn = uniform(tick.key, self.size, p.dtype) < p
        return state, drawn.astype(p.dtype)

    def sweep(self, state, inputs, ticks):
        """Draw the spikes of all ticks, each from its own key."""

        def at(index, key, inputs):
            return self.step(state, inputs, Tick(index, ticks.dt, key))[1]

        return state, jax.vmap(at)(ticks.index, ticks.key, inputs)

    def sense(self, state):
        """Return nothing: there is no state."""
        return {}


class PoissonCount(Node):
    r"""How many spikes of many random trains fall in each tick, with mean $r\,\Delta t / 1000$.

    The numbers have the Poisson distribution. This is the background of a network: K trains of
    8 Hz onto every neuron are one count at K times 8 Hz. Whatever arrives at the port `rate` (Hz)
    is added to r. Tick t draws from its own key. No gradient passes.

    **Arguments:** `size`; `rate` r in Hz, of all trains of a neuron together, one or per neuron.

    **Raises:** `NeuropilError` for a negative rate, and rates of another shape.

    >>> from neuropil.core import simulate
    >>> background = PoissonCount(1000, 8000.0)
    >>> _, records = simulate(background, None, dt=1.0, key=jax.random.key(0), ticks=10)
    >>> bool(abs(records.output.mean() - 8.0) < 0.2)
    True
    """

    size: tuple = eqx.field(static=True, converter=lambda value: as_shape(value, "size"))
    rate: Float[Array, "..."] = _rate()

    def __check_init__(self):
        """Refuse rates of other neurons."""
        check_per_neuron(self, "rate")

    @property
    def ports(self):
        """The port `rate`, in Hz."""
        return {"rate": self.size}

    @property
    def shape(self):
        """One count per neuron."""
        return self.size

    def init(self, *, key):
        """Return no state."""
        return ()

    def step(self, state, inputs, tick):
        """Draw the counts of a tick."""
        mean = jax.lax.stop_gradient((self.rate + inputs["rate"]) * (tick.dt / 1000.0))
        return state, poisson_counts(tick.key, jnp.maximum(mean, 0.0), self.size)

    def sense(self, state):
        """Return nothing: there is no state."""
        return {}
