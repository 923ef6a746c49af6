"""The gated recurrent unit, to compare others with."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Node, learnable
from ..numerics import as_count, as_key, event_matmul
from ._gates import gated_update, xavier_gates


class GRUState(NamedTuple):
    """What goes out and is remembered, h."""

    hidden: Float[Array, " size"]


class GRU(Node):
    r"""Gated recurrent units, one step per tick.

    $$\begin{aligned}
    z &= \sigma(W_z x_t + b_z + R_z h_{t-1} + r_z) && \text{what is kept} \\
    r &= \sigma(W_r x_t + b_r + R_r h_{t-1} + r_r) && \text{what of the past is seen} \\
    g &= \tanh(W_g x_t + b_g + r\,(R_g h_{t-1} + r_g)) \\
    h_t &= z\, h_{t-1} + (1 - z)\, g
    \end{aligned}$$

    It counts ticks, not ms. `weight` [inputs, 3 size] and `recurrent` [size, 3 size] hold the gates
    z, r, g side by side, from row to column.

    **Arguments:** `inputs`, the number of input channels; `size`, the number of units; `key`, for
    the weights: per gate normal with variance 2 / (fan-in + fan-out); biases begin at 0.

    **Raises:** `NeuropilError` for counts that are not positive integers, and anything but a key.

    >>> from neuropil.core import simulate
    >>> gru = GRU(3, 5, key=jax.random.key(0))
    >>> _, records = simulate(gru, jnp.ones((10, 2, 3)), dt=1.0, key=jax.random.key(1))
    >>> records.output.shape
    (10, 2, 5)

    Source: Cho et al. 2014, https://doi.org/10.48550/arXiv.1406.1078
    """

    weight: Float[Array, "inputs gates"] = learnable()
    recurrent: Float[Array, "size gates"] = learnable()
    bias: Float[Array, " gates"] = learnable()
    recurrent_bias: Float[Array, " gates"] = learnable()

    def __init__(self, inputs: int, size: int, *, key):
        inputs, size = as_count(inputs, "inputs"), as_count(size, "size")
        key, own = jax.random.split(as_key(key))
        self.weight = xavier_gates(key, inputs, size)
        self.recurrent = xavier_gates(own, size, size)
        self.bias = self.recurrent_bias = jnp.zeros(3 * size)

    @property
    def ports(self):
        """The one port `input`."""
        return {"input": self.weight.shape[:1]}

    @property
    def shape(self):
        """One output per unit."""
        return self.recurrent.shape[:1]

    def init(self, *, key):
        """Return zeros."""
        return GRUState(jnp.zeros(self.shape, self.recurrent.dtype))

    def step(self, state, inputs, tick):
        """Take one input."""
        drive = event_matmul(inputs["input"], self.weight) + self.bias
        arriving = event_matmul(state.hidden, self.recurrent) + self.recurrent_bias
        hidden = gated_update(drive, arriving, state.hidden)
        return GRUState(hidden), hidden

    def sense(self, state):
        """Return h as `hidden`."""
        return {"hidden": state.hidden}
