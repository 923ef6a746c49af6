"""Neurons without a memory: the units of artificial networks."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import SweepNode, learnable
from ..numerics import as_parameter, as_shape, fail


class Units(SweepNode):
    r"""Neurons without a memory, $y_t = g(x_t + b)$.

    **Arguments:** `size`, the shape per tick; `activation` g, a JAX function of an array that keeps
    its shape, such as `jnp.tanh` or `jax.nn.identity`; `bias` b, learnt: one number, which every
    neuron begins with, or an array of as many axes as `size`, shared along those of length one (as
    the channels of images share theirs).

    **Raises:** `NeuropilError` for a size that is not positive, an activation that does not keep
    the shape, and a bias of another shape.

    >>> from neuropil.core import simulate
    >>> x = jnp.array([[0.0, 100.0]])
    >>> simulate(Units(2), x, dt=1.0, key=jax.random.key(0))[1].output.tolist()
    [[0.5, 1.0]]

    Source: McClelland and Rumelhart 1986, doi:10.7551/mitpress/5236.001.0001.
    """

    size: tuple = eqx.field(static=True)
    activation: Callable = eqx.field(static=True)
    bias: Float[Array, "..."] = learnable()

    def __init__(self, size, activation: Callable = jax.nn.sigmoid, bias=0.0):
        self.size = as_shape(size, "size")
        self.activation = activation
        bias = as_parameter(bias, "bias")
        self.bias = bias if bias.ndim else jnp.broadcast_to(bias, self.size)

    def __check_init__(self):
        """Refuse parts that do not fit together."""
        fits = self.bias.ndim == len(self.size) and all(
            own in (1, all_) for own, all_ in zip(self.bias.shape, self.size, strict=True)
        )
        if not fits:
            expected = f"one bias, or a shape like {self.size}, with ones where it is shared"
            fail("bias", f"shape {self.bias.shape}", expected, "give one per neuron")
        fix = "pass e.g. activation=jnp.tanh"
        if not callable(self.activation):
            fail("activation", self.activation, "a function of an array", fix)
        found = jax.eval_shape(self.activation, jax.ShapeDtypeStruct(self.size, float))
        if getattr(found, "shape", None) != self.size:
            fail("activation", "a function that changes the shape", f"shape {self.size}", fix)

    @property
    def ports(self):
        """The one port `input`."""
        return {"input": self.size}

    @property
    def shape(self):
        """One output per neuron."""
        return self.size

    def init(self, *, key):
        """Return no state."""
        return ()

    def step(self, state, inputs, tick):
        """Return the activations."""
        return state, self.activation(inputs["input"] + self.bias)

    def sweep(self, state, inputs, ticks):
        """Return the activations of all ticks."""
        return self.step(state, inputs, ticks)

    def sense(self, state):
        """Return nothing: there is no state."""
        return {}
