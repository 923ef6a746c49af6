"""The LSTM against its equations in NumPy."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from neuropil.cells import LSTM
from neuropil.core import Record, learnable_mask, simulate


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def test_it_keeps_its_equations_in_double_precision():
    with jax.enable_x64(True):
        node = LSTM(3, 5, key=jax.random.key(0))
        x = np.random.default_rng(0).normal(size=(20, 2, 3))
        record = {"cell": Record("cell")}
        _, records = simulate(node, x, dt=1.0, key=jax.random.key(1), record=record)
        from_input, back, bias = (
            np.asarray(a) for a in (node.lstm.weight_ih, node.lstm.weight_hh, node.lstm.bias)
        )
    h = c = np.zeros((2, 5))
    for t in range(20):
        i, f, g, o = np.split(x[t] @ from_input.T + h @ back.T + bias, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        np.testing.assert_allclose(records.output[t], h, atol=1e-12)
        np.testing.assert_allclose(records.kept["cell"][t], c, atol=1e-12)


def test_all_its_numbers_are_learnt():
    node = LSTM(3, 5, key=jax.random.key(0))
    assert all(jax.tree.leaves(learnable_mask(node)))
    assert sum(x.size for x in jax.tree.leaves(node)) == 4 * 5 * (3 + 5 + 1)


def test_units_remember_for_up_to_the_longest_time_from_the_beginning():
    node = LSTM(3, 400, longest=100, key=jax.random.key(0))
    plain = LSTM(3, 400, key=jax.random.key(0))
    own, drawn = (np.split(np.asarray(n.lstm.bias), 4) for n in (node, plain))
    np.testing.assert_array_equal(own[0], -own[1])
    np.testing.assert_array_equal(own[2:], drawn[2:])
    np.testing.assert_array_equal(node.lstm.weight_hh, plain.lstm.weight_hh)
    u = np.exp(own[1])
    assert u.min() >= 1.0 and u.max() <= 99.0 and abs(u.mean() - 50.0) < 5.0

    alone = eqx.tree_at(lambda n: (n.lstm.weight_hh, n.lstm.bias), node,
                        (jnp.zeros((1600, 400)), node.lstm.bias.at[800:1200].set(0.0)))  # fmt: skip
    state = node.init(key=jax.random.key(0))._replace(cell=jnp.ones(400))
    for _ in range(50):  # nothing comes in: the gates alone decide what is left
        state, _ = alone.step(state, {"input": jnp.zeros(3)}, None)
    np.testing.assert_allclose(state.cell, (u / (1.0 + u)) ** 50, rtol=1e-4)
