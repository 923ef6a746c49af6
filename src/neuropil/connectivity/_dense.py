import math

import equinox as eqx

from ..core import Connectivity
from ..numerics import Synapses, as_instance, as_shape, event_matmul, fail, tickwise_matmul
from ._delays import AxonalDelay, Delay, NoDelay


class Dense(Connectivity):
    r"""Every source neuron to every target neuron: $I_{t,j} = \sum_i w_{ij}\, x_{i,\,t-d_i}$.

    **Arguments:** `source`, `target`, shapes of the two ends; `delay`, none by default, one per
    projection or one per source.

    **Raises:** `NeuropilError` for shapes that are not positive, and delays of another shape.

    >>> Dense(3, 2).weight_shape
    (3, 2)
    """

    source: tuple = eqx.field(static=True, converter=lambda value: as_shape(value, "source"))
    target: tuple = eqx.field(static=True, converter=lambda value: as_shape(value, "target"))
    delay: Delay = eqx.field(default_factory=NoDelay)

    def __check_init__(self):
        """Refuse delays that do not fit the source."""
        check_delay(self.delay, self.source)

    @property
    def weight_shape(self):
        """Source by target, both flattened."""
        return (_size(self.source), _size(self.target))

    @property
    def fan_in(self):
        """The number of source neurons."""
        return _size(self.source)

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
        return self.delay.read(window).reshape(-1)

    def transmit(self, weight, seen):
        """Return the product of signal and weights."""
        return event_matmul(seen, weight).reshape(self.target)

    def sweep(self, weight, past, signal):
        """Return all ticks' products as one."""
        seen = self.delay.sweep(past, signal)
        length = seen.shape[0]
        return tickwise_matmul(seen.reshape(length, -1), weight).reshape(length, *self.target)

    def after_one_tick(self, weight):
        """Return the weights if all signals arrive one tick later between vectors, else None."""
        is_vector = len(self.source) == len(self.target) == 1
        return weight if is_vector and self.depth == self.shortest == 1 else None

    def synapses(self, weight):
        """Return the matrix where all signals take equally long, else None."""
        same = self.depth == self.shortest
        return Synapses(None, None, weight, self.depth) if same else None

    def constrained(self):
        """Return itself: nothing here is learnt."""
        return self


def check_delay(delay, source):
    """Refuse anything but a delay that fits the source."""
    as_instance(delay, "delay", Delay, "a Delay")
    if isinstance(delay, AxonalDelay) and delay.ticks.array.shape != source:
        shape = delay.ticks.array.shape
        fail("delay", f"ticks of shape {shape}", f"the source's shape {source}", "one per source")


def _size(shape):
    return math.prod(shape)
