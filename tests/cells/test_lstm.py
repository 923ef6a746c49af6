"""The LSTM against its equations in NumPy."""

import jax
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
