import enum
import math
from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Node, learnable
from ..numerics import as_count, as_instance, as_key, as_parameter, fail


class Leak(enum.Enum):
    """Whether the nonlinearity is around the leak too, or around the arrivals alone."""

    INSIDE = "inside"
    OUTSIDE = "outside"


def leaky_relu(x):
    """Return x where it is positive, else a hundredth of it."""
    return jax.nn.leaky_relu(x, 0.01)


class LeakyRNN(Node):
    r"""Rate neurons that each leak with a time constant of their own, connected to all others.

    With $a = \Delta t / \max(\tau, \Delta t)$ and $x_t = W h_{t-1} + b + W_{in} u_t + b_{in}$,

    - leak inside: $h_t = f[(1 - a)\,h_{t-1} + a\,x_t]$
    - leak outside: $h_t = (1 - a)\,h_{t-1} + a\,f(x_t)$

    W has no diagonal: a neuron remembers by its time constant, and by way of the others. Time
    constants are learnt too, and have no effect, and no gradient, below a tick.

    **Arguments:** `inputs` and `size`, how many; `key`, for weights and biases from
    $U(\pm 1/\sqrt{fan\ in})$; `time_constant` $\tau$ (ms), one or per neuron; `leak`;
    `activation` f, a JAX function of an array; `start`, the largest rate of the random first
    state, $h_0 \sim U(0, start)$.

    **Raises:** `NeuropilError` for counts below 1, time constants of another shape or that are not
    positive, a start that is negative, and an activation that is no function.

    >>> from neuropil.core import simulate
    >>> net = LeakyRNN(1, 5, key=jax.random.key(0), time_constant=2.0)
    >>> simulate(net, jnp.ones((7, 3, 1)), dt=1.0, key=jax.random.key(1))[1].output.shape
    (7, 3, 5)

    Source: Khajehabdollahi et al. 2024, https://doi.org/10.48550/arXiv.2309.12927
    """

    weight: Float[Array, "size size"] = learnable()
    bias: Float[Array, " size"] = learnable()
    input_weight: Float[Array, "size inputs"] = learnable()
    input_bias: Float[Array, " size"] = learnable()
    time_constant: Float[Array, " size"] = learnable()
    start: Float[Array, ""]
    leak: Leak = eqx.field(static=True)
    activation: Callable = eqx.field(static=True)

    def __init__(
        self,
        inputs: int,
        size: int,
        *,
        key,
        time_constant=1.0,
        leak: Leak = Leak.INSIDE,
        activation: Callable = leaky_relu,
        start=0.1,
    ):
        inputs, size = as_count(inputs, "inputs"), as_count(size, "size")
        keys = jax.random.split(as_key(key), 4)

        def uniform(key, shape, fan_in):
            limit = 1.0 / math.sqrt(fan_in)
            return jax.random.uniform(key, shape, minval=-limit, maxval=limit)

        weight = uniform(keys[0], (size, size), size)
        self.weight = weight * (1.0 - jnp.eye(size))
        self.bias = uniform(keys[1], (size,), size)
        self.input_weight = uniform(keys[2], (size, inputs), inputs)
        self.input_bias = uniform(keys[3], (size,), inputs)
        tau = as_parameter(time_constant, "time_constant", unit="ms", positive=True)
        if tau.shape not in ((), (size,)):
            fail(
                "time_constant",
                f"shape {tau.shape}",
                f"one tau in ms, or shape {(size,)}",
                "one per neuron",
            )
        self.time_constant = jnp.broadcast_to(tau, (size,))
        self.start = as_parameter(start, "start", minimum=0.0)
        if self.start.ndim:
            fail("start", f"shape {self.start.shape}", "one number", "pass e.g. start=0.1")
        self.leak = as_instance(leak, "leak", Leak, "a Leak")
        if not callable(activation):
            fail("activation", activation, "a function of an array", "pass e.g. jnp.tanh")
        self.activation = activation

    @property
    def ports(self):
        """The one port `input`."""
        return {"input": (self.input_weight.shape[1],)}

    @property
    def shape(self):
        """One rate per neuron."""
        return self.bias.shape

    def init(self, *, key):
        """Return small random rates."""
        return self.start * jax.random.uniform(key, self.shape, self.weight.dtype)

    def step(self, state, inputs, tick):
        """Leak, and take what the others did and what comes in."""
        share = tick.dt / jnp.maximum(self.time_constant, tick.dt)
        others = self.weight * (1.0 - jnp.eye(len(self.bias), dtype=self.weight.dtype))
        arriving = others @ state + self.bias
        arriving = arriving + self.input_weight @ inputs["input"] + self.input_bias
        if self.leak is Leak.INSIDE:
            h = self.activation((1.0 - share) * state + share * arriving)
        else:
            h = (1.0 - share) * state + share * self.activation(arriving)
        return h, h

    def sense(self, state):
        """Return the rates as `rate`."""
        return {"rate": state}

    def constrained(self):
        """Return the network without connections of neurons to themselves."""
        others = self.weight * (1.0 - jnp.eye(len(self.bias), dtype=self.weight.dtype))
        return eqx.tree_at(lambda n: n.weight, self, others)
