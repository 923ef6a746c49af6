import math

import equinox as eqx
import jax.numpy as jnp

from ..core import Connectivity
from ..numerics import Synapses, as_shape
from ._delays import AxonalDelay, Delay, NoDelay
from ._dense import check_delay


class OneToOne(Connectivity):
    r"""Each source neuron to its own target neuron: $I_{t,i} = w_i\, x_{i,\,t-d_i}$.

    **Arguments:** `size`, the shape of both ends; `delay`, as for :class:`Dense`.

    **Raises:** `NeuropilError` for a size that is not positive, and delays of another shape.

    >>> OneToOne(4).fan_in
    1
    """

    size: tuple = eqx.field(static=True, converter=lambda value: as_shape(value, "size"))
    delay: Delay = eqx.field(default_factory=NoDelay)

    def __check_init__(self):
        """Refuse delays that do not fit the source."""
        check_delay(self.delay, self.size)

    @property
    def source(self):
        """The shape of both ends."""
        return self.size

    @property
    def target(self):
        """The shape of both ends."""
        return self.size

    @property
    def weight_shape(self):
        """One weight per pair."""
        return self.size

    @property
    def fan_in(self):
        """One."""
        return 1

    @property
    def depth(self):
        """The longest delay."""
        return self.delay.longest

    @property
    def shortest(self):
        """The shortest delay."""
        return self.delay.shortest

    def read(self, window):
        """Return the delayed signal."""
        return self.delay.read(window)

    def transmit(self, weight, seen):
        """Return signal times weight."""
        return seen * weight

    def sweep(self, weight, past, signal):
        """Return all ticks' products."""
        return self.delay.sweep(past, signal) * weight

    def synapses(self, weight):
        """Return one synapse per pair."""
        count = math.prod(self.size)
        late = self.depth
        if isinstance(self.delay, AxonalDelay) and self.depth > self.shortest:
            late = jnp.asarray(self.delay.ticks.array).reshape(-1)
        return Synapses(jnp.arange(count + 1), jnp.arange(count), weight.reshape(-1), late, True)

    def constrained(self):
        """Return itself: nothing here is learnt."""
        return self
