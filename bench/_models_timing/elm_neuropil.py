"""neuropil: `ELM.from_published`, and `simulate` inside a jitted training step."""

import equinox as eqx
import jax
import jax.numpy as jnp
import optax

from neuropil.cells import ELM
from neuropil.core import learnable_mask, simulate

from . import _elm
from ._serve import serve


def build(sizes: dict):
    """Return a training step and the answers to a batch."""
    found = _elm.weights(sizes)
    neuron = ELM.from_published(found, inputs=sizes["inputs"], tau_max=_elm.TAU_MAX)
    learnt, fixed = eqx.partition(neuron, learnable_mask(neuron))
    inputs, targets = (jnp.asarray(values.swapaxes(0, 1)) for values in _elm.data(sizes))
    optimiser, key = optax.adam(_elm.LEARNING_RATE), jax.random.key(0)
    state = optimiser.init(learnt)

    def run(learnt, inputs):
        return simulate(eqx.combine(learnt, fixed), inputs, dt=1.0, key=key)[1].output

    @jax.jit
    def train(learnt, state, inputs, targets):
        value, gradient = jax.value_and_grad(
            lambda learnt: jnp.mean(jnp.square(run(learnt, inputs) - targets))
        )(learnt)
        updates, state = optimiser.update(gradient, state, learnt)
        return optax.apply_updates(learnt, updates), state, value

    answers = jax.jit(run)

    def step():
        nonlocal learnt, state
        learnt, state, value = train(learnt, state, inputs, targets)
        return float(value)

    def batch():
        jax.block_until_ready(answers(learnt, inputs))

    return {"step": step, "batch": batch}


if __name__ == "__main__":
    serve(build, ["neuropil", "jax", "equinox", "optax", "numpy"])
