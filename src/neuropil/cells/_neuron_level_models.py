"""Neurons of which each has a little model of its own, that reads what arrived of late."""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Node, learnable
from ..numerics import as_count, as_key, as_share


class NeuronwiseLinear(eqx.Module):
    r"""A linear map for each neuron, $y_{od} = (\sum_i x_{id}\, w_{iod} + b_{do}) / T$.

    **Arguments:** `inputs` and `outputs` of each map; `neurons`, how many maps; `key`, for weights
    from $U(\pm 1/\sqrt{inputs + outputs})$.

    **Raises:** `NeuropilError` for counts below 1, and what is no key.

    >>> NeuronwiseLinear(4, 2, 3, key=jax.random.key(0))(jnp.ones((4, 3))).shape
    (2, 3)

    Source: Darlow et al. 2025, https://doi.org/10.48550/arXiv.2505.05522
    """

    w1: Float[Array, "inputs outputs neurons"]
    b1: Float[Array, "neurons outputs"]
    T: Float[Array, ""]

    def __init__(self, inputs: int, outputs: int, neurons: int, *, key):
        shape = (
            as_count(inputs, "inputs"), as_count(outputs, "outputs"), as_count(neurons, "neurons")
        )  # fmt: skip
        limit = 1.0 / math.sqrt(inputs + outputs)
        self.w1 = jax.random.uniform(as_key(key), shape, minval=-limit, maxval=limit)
        self.b1, self.T = jnp.zeros((neurons, outputs)), jnp.ones(())

    def __call__(self, x: Float[Array, "inputs neurons"]) -> Float[Array, "outputs neurons"]:
        """Return the outputs of all neurons' maps."""
        if self.w1.shape[1] > 2:
            sums = jnp.einsum("id,iod->od", x, self.w1)
        else:  # of two numbers, faster without the transposition that a product needs
            sums = jnp.sum(x[:, None] * self.w1, axis=0)
        return (sums + self.b1.T) / self.T


class NeuronLevelModels(Node):
    r"""Neurons that each read the last M arrivals with a private model.

    $z_t[d] = g_d(a_{t-M+1}[d], \ldots, a_t[d])$, where $g_d$ is a linear map to two numbers u, v
    and $u\,\sigma(v)$; or, if it is deep, a linear map to 2 H numbers before it, likewise gated.
    What was before the first tick is learnt, the same for all samples.

    **Arguments:** `neurons` D; `memory` M, in ticks; `hidden` H, or None for the shallow model;
    `key`; `dropout`, the share of numbers left out before each linear map in training.

    **Raises:** `NeuropilError` for counts below 1, and what is no key.

    >>> from neuropil.core import simulate
    >>> models = NeuronLevelModels(3, memory=5, hidden=4, key=jax.random.key(0))
    >>> simulate(models, jnp.ones((7, 3)), dt=1.0, key=jax.random.key(1))[1].output.shape
    (7, 3)

    Source: Darlow et al. 2025, https://doi.org/10.48550/arXiv.2505.05522
    """

    layers: tuple[NeuronwiseLinear, ...] = learnable()
    start_trace: Float[Array, "neurons memory"] = learnable()
    dropout: eqx.nn.Dropout

    def __init__(self, neurons: int, memory: int, hidden: int | None, *, key, dropout: float = 0.0):
        first, second, start = jax.random.split(as_key(key), 3)
        memory, neurons = as_count(memory, "memory"), as_count(neurons, "neurons")
        if hidden is None:
            self.layers = (NeuronwiseLinear(memory, 2, neurons, key=first),)
        else:
            hidden = as_count(hidden, "hidden")
            self.layers = (
                NeuronwiseLinear(memory, 2 * hidden, neurons, key=first),
                NeuronwiseLinear(hidden, 2, neurons, key=second),
            )
        limit = 1.0 / math.sqrt(neurons + memory)
        self.start_trace = jax.random.uniform(start, (neurons, memory), minval=-limit, maxval=limit)
        self.dropout = eqx.nn.Dropout(as_share(dropout, "dropout"))

    @property
    def ports(self):
        """The one port `input`."""
        return {"input": self.shape}

    @property
    def shape(self):
        """One output per neuron."""
        return self.start_trace.shape[:1]

    def init(self, *, key):
        """Return what is learnt to have arrived before, `[memory, neuron]`."""
        return self.start_trace.T

    def step(self, state, inputs, tick):
        """Forget the oldest arrival, take the newest, ask every model."""
        state = jnp.concatenate([state[1:], inputs["input"][None]])
        keys = jax.random.split(tick.key, len(self.layers)) if self.dropout.p else self.layers
        x = state
        for layer, key in zip(self.layers, keys, strict=True):
            x = jax.nn.glu(layer(self.dropout(x, key=key) if self.dropout.p else x), axis=0)
        return state, x[0]

    def sense(self, state):
        """Return the `history` `[memory, neuron]`, the newest arrival last."""
        return {"history": state}
