"""neuropil: the step that `fit` takes, and whole fits, drawing of windows included."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

from neuropil.cells import ShallowPLRNN, TeacherForced
from neuropil.core import learnable_mask, simulate
from neuropil.training import Windows, fit, forecasts, mean_squared_error

from . import _plrnn
from ._serve import serve

UPDATES = 50  # of a fit, so that its beginning is shared out


def build(sizes: dict):
    """Return a training step, and an update of a fit."""
    given = _plrnn.weights(sizes)
    model = ShallowPLRNN(sizes["size"], sizes["hidden"], key=jax.random.key(0))
    model = eqx.tree_at(
        lambda n: [getattr(n, name) for name in given],
        model,
        list(map(jnp.asarray, given.values())),
    )
    forced = TeacherForced(model, _plrnn.ALPHA)
    learnt, fixed = eqx.partition(forced, learnable_mask(forced))
    windows = jnp.asarray(_plrnn.data(sizes))
    optimiser, loss = optax.adam(_plrnn.LEARNING_RATE), mean_squared_error(forecasts)
    state, key = optimiser.init(learnt), jax.random.key(0)

    @jax.jit
    def train(learnt, state, windows):
        def objective(learnt):
            _, records = simulate(eqx.combine(learnt, fixed), windows, dt=1.0, key=key)
            return jnp.mean(loss(records, jnp.swapaxes(windows[1:], 0, 1)))

        value, gradient = jax.value_and_grad(objective)(learnt)
        updates, state = optimiser.update(gradient, state, learnt)
        return optax.apply_updates(learnt, updates), state, value

    def step():
        nonlocal learnt, state
        learnt, state, value = train(learnt, state, windows)
        return float(value)

    series = np.asarray(windows).reshape(-1, sizes["size"])
    drawn = Windows(series, sizes["ticks"], UPDATES * sizes["batch"])

    def fit_50():
        options = {"epochs": 1, "batch_size": sizes["batch"], "dt": 1.0, "key": key}
        found = fit(forced, drawn, loss=loss, optimizer=optimiser, **options)
        jax.block_until_ready(jax.tree.leaves(eqx.filter(found.node, eqx.is_array)))

    return {"step": step, "fit, 50 steps": fit_50}


if __name__ == "__main__":
    serve(build, ["neuropil", "jax", "equinox", "optax", "numpy"])
