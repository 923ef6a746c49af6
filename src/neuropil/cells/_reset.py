"""What happens to the membrane potential at a spike."""

from abc import abstractmethod

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ._parameter import parameter


class Reset(eqx.Module):
    """How the membrane potential jumps at a spike."""

    @abstractmethod
    def apply(self, v: Array, spike: Array, threshold: Array) -> Array:
        """Return the potential (mV) after `spike`."""


class HardReset(Reset):
    r"""$v \leftarrow v_r$ at a spike; no gradient passes through the spike.

    **Arguments:** `to`, $v_r$ in mV.

    **Raises:** `NeuropilError` unless finite.

    >>> float(HardReset(to=0.0).apply(jnp.array(1.5), jnp.array(1.0), 1.0))
    0.0
    """

    to: Float[Array, "..."] = parameter("to", "mV", 0.0)

    def apply(self, v, spike, threshold):
        """Return the reset potential where there is a spike."""
        return jnp.where(spike > 0, self.to, v)  # also if v has overflown


class SoftReset(Reset):
    r"""$v \leftarrow v - \vartheta$ at a spike; no gradient passes through the spike.

    >>> float(SoftReset().apply(jnp.array(1.5), jnp.array(1.0), 1.0))
    0.5
    """

    def apply(self, v, spike, threshold):
        """Return the potential less the threshold (above rest) where there is a spike."""
        return v - threshold * jax.lax.stop_gradient(spike)


class NoReset(Reset):
    """Leaves the potential as it is.

    >>> float(NoReset().apply(1.5, 1.0, 1.0))
    1.5
    """

    def apply(self, v, spike, threshold):
        """Return the potential unchanged."""
        return v
