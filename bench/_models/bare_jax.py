"""The floor that the library must keep to: the same network in plain JAX, no abstraction at all.

Each neuron layer is one `lax.scan`; every product that does not depend on the previous tick is
taken for all ticks at once, outside the scan.
"""

import os

import jax
import jax.numpy as jnp
import optax

from ._problem import DECAY, LEARNING_RATE, THRESHOLD, Problem
from ._serve import serve

PACKAGES = ["jax", "optax", "numpy"]


@jax.custom_jvp
def spike(x):
    """A step with the arctangent derivative."""
    return (x >= 0).astype(x.dtype)


@spike.defjvp
def _spike_jvp(primals, tangents):
    (x,), (dx,) = primals, tangents
    return spike(x), dx / (1 + (jnp.pi * x) ** 2)


def lif(current):
    """Spikes for currents [time, batch, hidden]."""

    def tick(v, x):
        v = DECAY * v + x
        s = spike(v - THRESHOLD)
        return v - jax.lax.stop_gradient(s) * THRESHOLD, s

    return jax.lax.scan(tick, jnp.zeros_like(current[0]), current)[1]


def recurrent_lif(current, weight):
    """The same with the spikes of the previous tick fed back."""

    def tick(state, x):
        v, s = state
        v = DECAY * v + x + s @ weight
        s = spike(v - THRESHOLD)
        return (v - jax.lax.stop_gradient(s) * THRESHOLD, s), s

    zero = jnp.zeros_like(current[0])
    return jax.lax.scan(tick, (zero, zero), current)[1]


def readout(current):
    """The mean over time of the leaky integral."""

    def tick(y, x):
        y = DECAY * y + x
        return y, y

    return jax.lax.scan(tick, jnp.zeros_like(current[0]), current)[1].mean(0)


def loss(weights, inputs, labels):
    """Cross entropy of the mean readout potential."""
    spikes = inputs @ weights["in"]
    if "recurrent" in weights:
        spikes = recurrent_lif(spikes, weights["recurrent"])
    else:
        spikes = lif(lif(spikes) @ weights["hidden"])
    potential = readout(spikes @ weights["out"])
    return optax.softmax_cross_entropy_with_integer_labels(potential, labels).mean()


def build(problem: Problem, cell: str):
    """Build the network of the problem."""
    optimiser = optax.adam(LEARNING_RATE)
    weights = {name: jnp.array(weight) for name, weight in problem.weights.items()}
    state = optimiser.init(weights)
    inputs, labels = jnp.asarray(problem.inputs), jnp.asarray(problem.labels)

    @jax.jit
    def train(weights, state, inputs, labels):
        value, gradient = jax.value_and_grad(loss)(weights, inputs, labels)
        updates, state = optimiser.update(gradient, state)
        return optax.apply_updates(weights, updates), state, value

    def step(n):
        nonlocal weights, state
        losses = []
        for _ in range(n):
            weights, state, value = train(weights, state, inputs, labels)
            losses.append(value)
        jax.block_until_ready(weights)
        return [float(value) for value in losses]

    return step, {"threads": len(os.sched_getaffinity(0)), "compiles": True}


if __name__ == "__main__":
    serve(build, PACKAGES)
