import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..core import Connectivity
from ..numerics import as_count, event_matmul, fail, tickwise_matmul
from ._delays import Delay, NoDelay
from ._dense import check_delay


def _sizes(name: str):
    def convert(value):
        if isinstance(value, str) or not isinstance(value, list | tuple) or not value:
            fail(
                name, value, "sizes of groups that follow each other", f"pass e.g. {name}=(40, 60)"
            )
        return tuple(as_count(size, name) for size in value)

    return eqx.field(static=True, converter=convert)


class UniformBlocks(Connectivity):
    r"""Every source neuron to every target neuron, with one weight per pair of groups.

    $I_{t,j} = \sum_b w_{b,\,B(j)} \sum_{i \in b} x_{i,\,t-d_i}$

    where B(j) is the group of target j. The matrix has as many values as there are pairs of groups,
    and is never written out: the signal is summed over each source group, so that a tick costs as
    much as the two ends have neurons, not as there are synapses.

    **Arguments:** `sources`, `targets`, sizes of the groups, which follow each other in the two
    populations; `delay`, as for :class:`Dense`.

    **Raises:** `NeuropilError` for sizes that are not positive, and delays of another shape.

    >>> UniformBlocks((240, 240, 1120), (400,)).weight_shape
    (3, 1)
    """

    sources: tuple[int, ...] = _sizes("sources")
    targets: tuple[int, ...] = _sizes("targets")
    delay: Delay = eqx.field(default_factory=NoDelay)

    def __check_init__(self):
        """Refuse delays that do not fit the source."""
        check_delay(self.delay, self.source)

    @property
    def source(self):
        """The neurons of all source groups."""
        return (sum(self.sources),)

    @property
    def target(self):
        """The neurons of all target groups."""
        return (sum(self.targets),)

    @property
    def weight_shape(self):
        """Source groups by target groups."""
        return (len(self.sources), len(self.targets))

    @property
    def fan_in(self):
        """The number of source neurons."""
        return sum(self.sources)

    @property
    def depth(self):
        """The longest delay."""
        return self.delay.longest

    @property
    def shortest(self):
        """The shortest delay."""
        return self.delay.shortest

    def read(self, window):
        """Return the delayed signal summed over every source group."""
        return self._summed(self.delay.read(window), event_matmul)

    def transmit(self, weight, seen):
        """Return to every neuron of a group what the group receives."""
        return self._spread(event_matmul(seen, weight))

    def sweep(self, weight, past, signal):
        """Return all ticks' products."""
        summed = self._summed(self.delay.sweep(past, signal), tickwise_matmul)
        return self._spread(tickwise_matmul(summed, weight))

    def constrained(self):
        """Return itself: nothing here is learnt."""
        return self

    def _summed(self, signal, multiply):
        if len(self.sources) == self.source[0]:
            return signal
        groups = np.repeat(np.eye(len(self.sources)), self.sources, axis=0)
        return multiply(signal, jnp.asarray(groups, jnp.result_type(signal, float)))

    def _spread(self, arriving):
        lead = arriving.shape[:-1]
        parts = [
            jnp.broadcast_to(arriving[..., group, None], (*lead, size))
            for group, size in enumerate(self.targets)
        ]
        return parts[0] if len(parts) == 1 else jnp.concatenate(parts, axis=-1)
