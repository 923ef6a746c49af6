"""Bare JAX: the same step in a hand-written scan; and the floor of a loop that only adds."""

import jax
import jax.numpy as jnp
import optax

from . import _plrnn
from ._serve import serve


def build(sizes: dict):
    """Return a training step, and a loop over as many ticks, forward and back, of sums."""
    params = {name: jnp.asarray(array) for name, array in _plrnn.weights(sizes).items()}
    windows = jnp.asarray(_plrnn.data(sizes))
    optimiser = optax.adam(_plrnn.LEARNING_RATE)
    state = optimiser.init(params)

    def objective(p, x):
        def step(z, now):
            after = p["a"] * z + jax.nn.relu(z @ p["w2"].T + p["h2"]) @ p["w1"].T + p["h1"]
            return after + _plrnn.ALPHA * (now - after), after

        return jnp.mean((jax.lax.scan(step, x[0], x[1:])[1] - x[1:]) ** 2)

    @jax.jit
    def train(params, state, x):
        value, gradient = jax.value_and_grad(objective)(params, x)
        updates, state = optimiser.update(gradient, state)
        return optax.apply_updates(params, updates), state, value

    @jax.jit
    def loop(z):
        return jax.lax.scan(lambda z, _: (z + 1.0, None), z, None, 2 * len(windows) - 2)[0]

    def step():
        nonlocal params, state
        params, state, value = train(params, state, windows)
        return float(value)

    def adding():
        loop(windows[0]).block_until_ready()

    return {"step": step, "a loop that adds": adding}


if __name__ == "__main__":
    serve(build, ["jax", "optax", "numpy"])
