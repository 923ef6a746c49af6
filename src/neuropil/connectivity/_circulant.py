import equinox as eqx
import jax.numpy as jnp

from ..core import Connectivity
from ..numerics import as_count
from ._delays import Delay, NoDelay
from ._dense import check_delay


class Circulant(Connectivity):
    r"""Every neuron of a ring to every other, by the way along the ring from one to the other.

    $I_{t,j} = \sum_i w_{(j - i) \bmod n}\, x_{i,\,t-d_i}$

    The matrix is that of a convolution around the ring, and is never written out: a tick costs two
    Fourier transforms, n log n in place of n squared. They round: what arrives has an error of some
    1e-7 of the largest arrival, in single precision, so that where nothing is sent it is not quite
    0, and can be below 0 though neither weights nor signal are.

    **Arguments:** `neurons`, n, of both ends; `delay`, as for :class:`Dense`.

    **Raises:** `NeuropilError` for a number that is not positive, and delays of another shape.

    >>> ring = Circulant(4)
    >>> weight = jnp.array([0.0, 1.0, 0.0, 0.0])  # to the next neuron
    >>> ring.transmit(weight, jnp.array([0.0, 0.0, 0.0, 1.0])).round(3).tolist()
    [1.0, 0.0, 0.0, 0.0]
    """

    neurons: int = eqx.field(static=True, converter=lambda value: as_count(value, "neurons"))
    delay: Delay = eqx.field(default_factory=NoDelay)

    def __check_init__(self):
        """Refuse delays that do not fit the ring."""
        check_delay(self.delay, self.source)

    @property
    def source(self):
        """The ring."""
        return (self.neurons,)

    @property
    def target(self):
        """The ring."""
        return (self.neurons,)

    @property
    def weight_shape(self):
        """One weight per distance, in neurons from source to target."""
        return (self.neurons,)

    @property
    def fan_in(self):
        """All neurons of the ring."""
        return self.neurons

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
        """Return the signal convolved with the weights around the ring."""
        return self._convolved(weight, seen)

    def sweep(self, weight, past, signal):
        """Return all ticks' convolutions."""
        return self._convolved(weight, self.delay.sweep(past, signal))

    def constrained(self):
        """Return itself: nothing here is learnt."""
        return self

    def _convolved(self, weight, signal):
        signal = jnp.asarray(signal, jnp.result_type(signal, float))
        product = jnp.fft.rfft(signal) * jnp.fft.rfft(weight)
        return jnp.fft.irfft(product, n=self.neurons).astype(jnp.result_type(signal, weight))
