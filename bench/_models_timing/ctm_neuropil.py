"""neuropil: `from_published`, and `simulate` inside a jitted training step."""

import equinox as eqx
import jax
import jax.numpy as jnp
import optax

from neuropil.core import learnable_mask, simulate
from neuropil.sequence import from_published
from neuropil.training import tick_cross_entropy

from . import _ctm
from ._serve import serve


def build(sizes: dict):
    """Return a training step, the answers to a batch, and those to one sample."""
    parts = {name: sizes[name] for name in ("tokens", "ticks", "heads")}
    machine = from_published(_ctm.weights(sizes), **parts)
    mask = learnable_mask(machine)
    learnt, fixed = eqx.partition(machine, mask)
    tokens, labels = (jnp.asarray(values) for values in _ctm.data(sizes))
    tokens = tokens[None]
    optimiser = optax.adamw(_ctm.LEARNING_RATE, weight_decay=0.0)
    state, key = optimiser.init(learnt), jax.random.key(0)
    loss = tick_cross_entropy(lambda output: output[-1])

    def run(learnt, tokens):
        return simulate(eqx.combine(learnt, fixed), tokens, dt=1.0, key=key)[1]

    @jax.jit
    def train(learnt, state, tokens, labels):
        value, gradient = jax.value_and_grad(
            lambda learnt: loss(run(learnt, tokens), labels).mean()
        )(learnt)
        updates, state = optimiser.update(gradient, state, learnt)
        moved = eqx.combine(optax.apply_updates(learnt, updates), fixed).constrained()
        return eqx.filter(moved, mask), state, value

    answers = jax.jit(lambda learnt, tokens: run(learnt, tokens).output)

    def step():
        nonlocal learnt, state
        learnt, state, value = train(learnt, state, tokens, labels)
        return float(value)

    def forward(tokens):
        def act():
            jax.block_until_ready(answers(learnt, tokens))

        return act

    return {"step": step, "batch": forward(tokens), "one": forward(tokens[:, :1])}


if __name__ == "__main__":
    serve(build, ["neuropil", "jax", "equinox", "optax", "numpy"])
