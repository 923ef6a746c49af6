"""When a membrane that makes its own action potentials counts as spiking."""

from abc import abstractmethod

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ._parameter import parameter


class Detection(eqx.Module):
    """How a spike is read from a potential that is not reset."""

    @abstractmethod
    def init(self, v: Array) -> dict[str, Array]:
        """Return what has to be remembered, for a membrane at `v`."""

    @abstractmethod
    def excess(self, y: dict[str, Array]) -> Array:
        """Return the distance to a spike from the variables of the cell."""

    @abstractmethod
    def after(self, y: dict[str, Array], spike: Array) -> dict[str, Array]:
        """Return what is remembered after `spike`."""


class Crossing(Detection):
    r"""One spike per upward crossing of a threshold: $u = \min(v - \vartheta, \vartheta - v')$.

    Here $v'$ is the potential one tick ago. The next spike needs the potential to have been below
    threshold in between.

    **Arguments:** `threshold` $\vartheta$ (mV), one or per neuron.

    **Raises:** `NeuropilError` unless finite.

    >>> y = {"v": jnp.array([-10.0, 10.0, 10.0]), "before": jnp.array([-20.0, -5.0, 5.0])}
    >>> Crossing(0.0).excess(y) >= 0
    Array([False,  True, False], dtype=bool)
    """

    threshold: Float[Array, "..."] = parameter("threshold", "mV", -20.0)

    def init(self, v):
        """Remember the potential."""
        return {"before": v}

    def excess(self, y):
        """Return how far the potential came through the threshold in this tick."""
        return jnp.minimum(y["v"] - self.threshold, self.threshold - y["before"])

    def after(self, y, spike):
        """Remember the potential, above threshold after a spike even where it is on it."""
        return {"before": y["v"] + jax.lax.stop_gradient(spike)}


class Potential(Detection):
    """No spikes: the distance is the potential itself, for graded output.

    >>> Potential().excess({"v": -60.0})
    -60.0
    """

    def init(self, v):
        """Remember nothing."""
        return {}

    def excess(self, y):
        """Return the potential."""
        return y["v"]

    def after(self, y, spike):
        """Remember nothing."""
        return {}
