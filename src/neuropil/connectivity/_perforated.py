import equinox as eqx
import jax

from ..core import Connectivity
from ..numerics import as_instance


class Perforated(Connectivity):
    r"""Passes signals on and no gradients back: sources are constants to what lies behind.

    $I = \mathrm{transmit}(w, \mathrm{sg}(x))$, with sg the identity whose derivative is zero. The
    derivative by the weights is that of the connectivity itself.

    **Arguments:** `inner`, the connectivity.

    **Raises:** `NeuropilError` for anything but a connectivity.

    >>> import jax.numpy as jnp
    >>> from neuropil.connectivity import OneToOne
    >>> relay, ones = Perforated(OneToOne(1)), jnp.ones((1, 1))
    >>> jax.grad(lambda x: relay.transmit(3.0 * ones[0], relay.read(x))[0])(ones)
    Array([[0.]], dtype=float32)

    Source: Brenner 2025, arXiv:2501.18018.
    """

    inner: Connectivity = eqx.field(
        converter=lambda value: as_instance(value, "inner", Connectivity, "a Connectivity")
    )

    @property
    def source(self):
        """The shape of the presynaptic side."""
        return self.inner.source

    @property
    def target(self):
        """The shape of the postsynaptic side."""
        return self.inner.target

    @property
    def weight_shape(self):
        """The shape of the weights."""
        return self.inner.weight_shape

    @property
    def fan_in(self):
        """Synapses per target neuron."""
        return self.inner.fan_in

    @property
    def depth(self):
        """The longest delay."""
        return self.inner.depth

    @property
    def shortest(self):
        """The shortest delay."""
        return self.inner.shortest

    def read(self, window):
        """Return what the synapses see, as constants."""
        return self.inner.read(jax.lax.stop_gradient(window))

    def transmit(self, weight, seen):
        """Return the summed arrivals."""
        return self.inner.transmit(weight, seen)

    def sweep(self, weight, past, signal):
        """Return the arrivals of a block of ticks."""
        return self.inner.sweep(weight, *jax.lax.stop_gradient((past, signal)))

    def constrained(self):
        """Return it with learnable delays moved back into their range."""
        return Perforated(self.inner.constrained())
