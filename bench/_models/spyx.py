"""Spyx: stateful layers in `Sequential`, run over time by `spyx.nn.run` (JAX, Flax NNX).

Its own LIF emits from the potential before the update and lets the gradient through the reset, so
the neuron is written here to its layer contract, with its activation helper.
"""

import os

import jax
import jax.numpy as jnp
import optax
import spyx
from flax import nnx

from ._problem import CLASSES, DECAY, HIDDEN, LEARNING_RATE, THRESHOLD, Problem
from ._serve import serve

PACKAGES = ["spyx", "flax", "jax", "optax", "numpy"]


def _surrogate(x):
    return 1 / (1 + (jnp.pi * x) ** 2)


class LIF(nnx.Module):
    """A layer of spiking neurons."""

    def __init__(self, size):
        self.size = size
        self.spike = spyx.axn.custom(_surrogate, lambda x: (x >= 0).astype(x.dtype))

    def __call__(self, current, v):
        """Advance by one tick."""
        v = DECAY * v + current
        spikes = self.spike(v - THRESHOLD)
        return spikes, v - jax.lax.stop_gradient(spikes) * THRESHOLD

    def initial_state(self, batch):
        """Return the potential at rest."""
        return jnp.zeros((batch, self.size))


class RLIF(nnx.Module):
    """A layer of recurrently connected spiking neurons."""

    def __init__(self, weight):
        self.weight = nnx.Param(jnp.asarray(weight))
        self.lif = LIF(weight.shape[0])

    def __call__(self, current, state):
        """Advance by one tick."""
        spikes, v = state
        spikes, v = self.lif(current + spikes @ self.weight[...], v)
        return spikes, (spikes, v)

    def initial_state(self, batch):
        """Return silence and the potential at rest."""
        return self.lif.initial_state(batch), self.lif.initial_state(batch)


class Readout(nnx.Module):
    """The leaky integrator, with a fixed decay."""

    def __call__(self, current, v):
        """Advance by one tick."""
        v = DECAY * v + current
        return v, v

    def initial_state(self, batch):
        """Return the potential at rest."""
        return jnp.zeros((batch, CLASSES))


def _product(weight):
    layer = nnx.Linear(*weight.shape, use_bias=False, rngs=nnx.Rngs(0))
    layer.kernel[...] = jnp.asarray(weight)
    return layer


def _loss(model, inputs, labels):
    potentials, _ = spyx.nn.run(model, inputs)
    losses = optax.softmax_cross_entropy_with_integer_labels(potentials.mean(0), labels)
    return losses.mean()


def build(problem: Problem, cell: str):
    """Build the network of the problem; a user's neuron is written exactly like this one."""
    weights = problem.weights
    if problem.network == "rec":
        hidden = [_product(weights["in"]), RLIF(weights["recurrent"])]
    else:
        hidden = [_product(weights["in"]), LIF(HIDDEN), _product(weights["hidden"]), LIF(HIDDEN)]
    model = spyx.nn.Sequential(*hidden, _product(weights["out"]), Readout())
    optimizer = nnx.Optimizer(model, optax.adam(LEARNING_RATE), wrt=nnx.Param)
    train_step = spyx.optimize.make_train_step(_loss)
    inputs, labels = jnp.asarray(problem.inputs), jnp.asarray(problem.labels)

    def step(n):
        losses = [train_step(model, optimizer, inputs, labels) for _ in range(n)]
        jax.block_until_ready(nnx.state(model))
        return [float(loss) for loss in losses]

    return step, {"threads": len(os.sched_getaffinity(0)), "compiles": True}


if __name__ == "__main__":
    serve(build, PACKAGES)
