"""Graded transmission: a potential opens the synapses of its neuron, without spikes."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ...core import Node
from ...numerics import ExponentialEuler

OPENING, CLOSING, STEEPNESS = 1e-3, 5e-3, 0.125  # 1/ms, 1/ms, 1/mV
HALF = OPENING / 2 / (OPENING / 2 + CLOSING)  # the share open at the threshold


class GradedRelease(Node):
    r"""$\dot s = a_r\,\sigma(\beta (v - v_\theta))\,(1 - s) - a_d\,s$.

    **Arguments:** `threshold` $v_\theta$ (mV), per neuron.

    Source: Kunert et al. 2014, doi:10.1103/PhysRevE.89.052805.
    """

    threshold: Float[Array, " neuron"] = eqx.field(converter=jnp.asarray)

    @property
    def ports(self):
        """The one port `v`, for potentials (mV)."""
        return {"v": self.threshold.shape}

    @property
    def shape(self):
        """One share per neuron."""
        return self.threshold.shape

    def init(self, *, key):
        """Return what is open at the threshold."""
        return jnp.full(self.shape, HALF, self.threshold.dtype)

    def step(self, state, inputs, tick):
        """Return what is open, and advance it."""
        opening = OPENING * jax.nn.sigmoid(STEEPNESS * (inputs["v"] - self.threshold))

        def field(s):
            return opening * (1.0 - s) - CLOSING * s

        return ExponentialEuler().advance(field, state, tick.dt).astype(state.dtype), state

    def sense(self, state):
        """Return the share open, `s`."""
        return {"s": state}
