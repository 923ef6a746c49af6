"""The network to compare thinking machines with equals its equations in NumPy."""

import jax
import numpy as np

from neuropil.core import simulate
from neuropil.sequence import AttentiveLSTM


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def expected(node, tokens, ticks):
    """Return the answers of one head, in plain float64."""
    w = jax.tree.map(np.asarray, node)

    def linear(m, x):
        return m.weight @ x + m.bias

    def normal(x):
        centred = x - x.mean()
        return centred / np.sqrt((centred**2).mean() + 1e-5) * w.kv_norm.weight + w.kv_norm.bias

    seen = np.stack([normal(linear(w.kv_proj, x)) for x in tokens])
    width = seen.shape[1]
    (q, k, v) = w.attention.in_proj_weight.reshape(3, width, width)
    (bq, bk, bv) = w.attention.in_proj_bias.reshape(3, width)
    keys, values = seen @ k.T + bk, seen @ v.T + bv
    h, c, answers = w.start_hidden_state, w.start_cell_state, []
    for _ in range(ticks):
        query = q @ linear(w.q_proj, h) + bq
        found = linear(w.attention.out_proj, softmax(keys @ query / np.sqrt(width)) @ values)
        gates = w.lstm.lstm.weight_ih @ found + w.lstm.lstm.weight_hh @ h + w.lstm.lstm.bias
        i, f, g, o = np.split(gates, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        answers.append(linear(w.output_projector, h))
    return np.stack(answers)


def test_it_equals_its_equations_in_numpy():
    with jax.enable_x64(True):
        node = AttentiveLSTM((5, 3), 4, ticks=6, size=7, width=6, key=jax.random.key(0))
        x = np.random.default_rng(0).normal(size=(2, 5, 3))
        _, records = simulate(node, x, dt=1.0, key=jax.random.key(1))
        first = expected(node, x[0], 6)
        np.testing.assert_allclose(records.output[0], first, rtol=1e-10, atol=1e-12)
        assert not np.allclose(records.output[1], expected(node, x[1], 6))  # what lasts goes on
