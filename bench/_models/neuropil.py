"""neuropil: `chain` or `Network`, and `simulate` inside a jitted training step."""

import os

import equinox as eqx
import jax
import jax.numpy as jnp
import optax

from neuropil.cells import Threshold, leaky_integrator, lif
from neuropil.connectivity import Dense, ProjectionDelay
from neuropil.core import (
    Cell,
    Delta,
    Input,
    Link,
    Network,
    Population,
    Projection,
    chain,
    learnable_mask,
    simulate,
)
from neuropil.numerics import ArcTan, ExponentialEuler

from ._problem import DT_MS, HIDDEN, INPUTS, LEARNING_RATE, TAU_MS, THRESHOLD, Problem
from ._serve import serve

PACKAGES = ["neuropil", "jax", "equinox", "optax", "numpy"]


class UserCell(Cell):
    """The neuron a user writes: four equations."""

    tau: float = TAU_MS

    def init(self, size):
        """Return the potential at rest."""
        return {"v": jnp.zeros(size)}

    def field(self, y, drive):
        """Leak."""
        return {"v": -y["v"] / self.tau}

    def excess(self, y):
        """Return the potential above threshold."""
        return y["v"] - THRESHOLD

    def jump(self, y, spike):
        """Subtract the threshold."""
        return {"v": y["v"] - THRESHOLD * jax.lax.stop_gradient(spike)}


def _hidden(cell):
    emission = Threshold(ArcTan(2.0))
    if cell == "builtin":
        return lif(HIDDEN, tau=TAU_MS, threshold=THRESHOLD, emission=emission)
    return Population(HIDDEN, UserCell(), emission, ExponentialEuler(), {"input": Delta()})


def _network(problem, cell):
    weights = {name: jnp.asarray(weight) for name, weight in problem.weights.items()}
    links = {name: Link(Dense(*weight.shape), weight) for name, weight in weights.items()}
    readout = leaky_integrator(weights["out"].shape[1], tau=TAU_MS)
    if problem.network == "ff":
        return chain(
            Input(INPUTS),
            links["in"],
            _hidden(cell),
            links["hidden"],
            _hidden(cell),
            links["out"],
            readout,
            key=jax.random.key(0),
        )
    delayed = Dense(HIDDEN, HIDDEN, ProjectionDelay(1))
    return Network(
        {"input": Input(INPUTS), "hidden": _hidden(cell), "output": readout},
        (
            Projection("input", "hidden", Dense(INPUTS, HIDDEN), weights["in"]),
            Projection("hidden", "hidden", delayed, weights["recurrent"]),
            Projection("hidden", "output", links["out"].connectivity, weights["out"]),
        ),
        "output",
    )


def build(problem: Problem, cell: str):
    """Build the network of the problem."""
    network = _network(problem, cell)
    learnt, fixed = eqx.partition(network, learnable_mask(network))
    optimiser = optax.adam(LEARNING_RATE)
    state = optimiser.init(learnt)
    inputs, labels = jnp.asarray(problem.inputs), jnp.asarray(problem.labels)

    def loss(learnt, inputs, labels):
        network = eqx.combine(learnt, fixed)
        _, records = simulate(network, inputs, dt=DT_MS, key=jax.random.key(0))
        potential = records.output.mean(0)
        return optax.softmax_cross_entropy_with_integer_labels(potential, labels).mean()

    @jax.jit
    def train(learnt, state, inputs, labels):
        value, gradient = jax.value_and_grad(loss)(learnt, inputs, labels)
        updates, state = optimiser.update(gradient, state)
        return optax.apply_updates(learnt, updates), state, value

    def step(n):
        nonlocal learnt, state
        losses = []
        for _ in range(n):
            learnt, state, value = train(learnt, state, inputs, labels)
            losses.append(value)
        jax.block_until_ready(learnt)
        return [float(value) for value in losses]

    return step, {"threads": len(os.sched_getaffinity(0)), "compiles": True}


if __name__ == "__main__":
    serve(build, PACKAGES)
