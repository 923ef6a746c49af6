"""Where synapses are and how late they are; never how strong."""

from abc import abstractmethod
from typing import Any

import equinox as eqx
import jax
from jaxtyping import Array, Float

from ..numerics import Synapses, as_instance, as_parameter, fail
from ._node import Shape

Seen = Any


class Connectivity(eqx.Module):
    """A map from a source's history to arrivals at a target, linear in its weights.

    A *window* is newest first: entry d is the source's output d ticks ago, for d = 0 ... `depth`.
    Because transmission is linear in the weights, its transpose is the local co-activity of both
    sides (see :func:`coactivity`), which is all that a plasticity rule needs to know of it.
    """

    source: eqx.AbstractVar[Shape]
    """Shape of the presynaptic side."""
    target: eqx.AbstractVar[Shape]
    """Shape of the postsynaptic side."""
    weight_shape: eqx.AbstractVar[Shape]
    """Shape of the weights."""
    fan_in: eqx.AbstractVar[int]
    """Synapses per target neuron, the measure that initialisers use."""
    depth: eqx.AbstractVar[int]
    """Longest delay in ticks."""
    shortest: eqx.AbstractVar[int]
    """Shortest delay in ticks; a cycle of projections must not sum to zero."""

    @abstractmethod
    def read(self, window: Float[Array, "depth+1 *source"]) -> Seen:
        """Return what the synapses see now."""

    @abstractmethod
    def transmit(self, weight: Array, seen: Seen) -> Float[Array, "*target"]:
        """Return the summed arrivals; linear in `weight`."""

    @abstractmethod
    def sweep(
        self, weight: Array, past: Float[Array, "depth *source"], signal: Float[Array, "t *source"]
    ) -> Float[Array, "t *target"]:
        """Return the arrivals of a block of ticks; `past` (oldest first) precedes `signal`."""

    def after_one_tick(self, weight: Array) -> Float[Array, "n m"] | None:
        """Return the matrix M if arrivals are the product of M with the signal one tick ago.

        Loops of such a kind are run as one. None, for all other connectivities.
        """
        return None

    def synapses(self, weight: Array) -> Synapses | None:
        """Return the synapses one by one, those of a source neuron side by side.

        Circuits of such connectivities are run as one, walking what is published. None, where
        there is no such list.
        """
        return None

    @abstractmethod
    def constrained(self) -> "Connectivity":
        """Return the connectivity with learnable delays moved back into their range."""


def coactivity(
    connectivity: Connectivity, seen: Seen, post: Float[Array, "*target"]
) -> Float[Array, "*weight"]:
    """Return pre x post for every synapse: the transpose of transmission in the weights.

    **Arguments:** `seen`, what the synapses see (from `read`); `post`, one value per target neuron.

    **Raises:** `NeuropilError` for anything but a connectivity, and a `post` of another shape.
    """
    as_instance(connectivity, "connectivity", Connectivity, "a Connectivity")
    post = as_parameter(post, "post")
    if post.shape != connectivity.target:
        expected = f"the target's shape {connectivity.target}"
        fail("post", f"shape {post.shape}", expected, "give one value per target neuron")
    weight = jax.ShapeDtypeStruct(connectivity.weight_shape, post.dtype)
    transpose = jax.linear_transpose(lambda w: connectivity.transmit(w, seen), weight)
    return transpose(post)[0]
