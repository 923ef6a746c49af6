"""From the distance to threshold to an output."""

import equinox as eqx

from ..core import Emission
from ..numerics import FastSigmoid, Surrogate, as_instance


class Threshold(Emission):
    r"""A spike wherever the threshold is reached: $s = \Theta(u)$, with a surrogate derivative.

    **Arguments:** `surrogate`, the spike function.

    **Raises:** `NeuropilError` unless `surrogate` is a Surrogate.

    >>> import jax.numpy as jnp
    >>> Threshold().emit(jnp.array([-0.1, 0.2]), None)
    Array([0., 1.], dtype=float32)
    """

    surrogate: Surrogate = eqx.field(default_factory=FastSigmoid)

    def __check_init__(self):
        """Refuse anything but a surrogate."""
        as_instance(self.surrogate, "surrogate", Surrogate, "a Surrogate")

    def emit(self, u, tick):
        """Return 1 where `u >= 0`."""
        return self.surrogate(u)


class Graded(Emission):
    """No spikes: the output is the distance itself, $y = u$.

    >>> Graded().emit(0.3, None)
    0.3
    """

    def emit(self, u, tick):
        """Return `u`."""
        return u
