"""Synchronisation is a weighted sum over the past, of any node; certainty is an entropy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import entropy

from neuropil.cells import HardReset, lif
from neuropil.coding import (
    Synchronisation,
    certainty,
    dense_pairs,
    first_last_pairs,
    random_dense_pairs,
    random_pairs,
    stopping_tick,
)
from neuropil.connectivity import OneToOne
from neuropil.core import Network, Projection, simulate


def run(node, z):
    return np.asarray(simulate(node, z, dt=1.0, key=jax.random.key(0))[1].output)


def test_the_recursion_is_the_weighted_sum():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(30, 6)).astype(np.float32)
    left, right, r = rng.integers(0, 6, 9), rng.integers(0, 6, 9), rng.uniform(0, 3, 9)
    found = run(Synchronisation(6, left, right, r), z)
    for t in (0, 1, 29):
        kept = np.exp(-r * np.arange(t, -1, -1)[:, None])
        products = z[: t + 1, left] * z[: t + 1, right]
        expected = (kept * products).sum(0) / np.sqrt(kept.sum(0))
        np.testing.assert_allclose(found[t], expected, rtol=1e-5, atol=1e-5)


def test_without_decay_all_ticks_count_alike_and_with_the_fastest_only_the_last():
    z = np.random.default_rng(1).normal(size=(12, 3)).astype(np.float32)
    pairs = np.array([0, 1]), np.array([2, 1])
    products = z[:, pairs[0]] * z[:, pairs[1]]
    slow, fast = (run(Synchronisation(3, *pairs, r), z)[-1] for r in (0.0, 15.0))
    np.testing.assert_allclose(slow, products.sum(0) / np.sqrt(12), rtol=1e-5)
    np.testing.assert_allclose(fast, products[-1], atol=1e-5)


def test_it_reads_any_node():
    kind = OneToOne(4)
    nodes = {
        "cells": lif(4, tau=5.0, threshold=0.9, reset=HardReset()),
        "synchrony": Synchronisation(4, *dense_pairs(np.arange(4), np.arange(4))),
    }
    net = Network(nodes, (Projection("cells", "synchrony", kind, jnp.ones(4)),), "synchrony")
    drive = np.zeros((40, 4), np.float32)
    drive[::4, :2] = 1.0  # the first two fire together, the others at other times
    drive[1::4, 2], drive[2::4, 3] = 1.0, 1.0
    last = simulate(net, {"cells": drive}, dt=1.0, key=jax.random.key(0))[1].output[-1]
    together = np.zeros((4, 4))
    together[np.triu_indices(4)] = last
    np.testing.assert_allclose(np.diag(together), 10 / np.sqrt(40), rtol=1e-5)
    np.testing.assert_allclose(together[0, 1], 10 / np.sqrt(40), rtol=1e-5)
    assert together[0, 2] == together[0, 3] == together[2, 3] == 0.0


def test_pairs_are_those_that_were_asked_for():
    (out, action) = first_last_pairs(10, 3, 4)
    assert len(out[0]) == 6 and len(action[0]) == 10
    assert set(np.asarray(out[0]).tolist()) == {0, 1, 2}
    assert set(np.asarray(action[1]).tolist()) == {6, 7, 8, 9}
    left, right = random_pairs(50, 200, jax.random.key(0), own=30)
    assert (left[:30] == right[:30]).all() and (left[30:] != right[30:]).sum() > 150
    dense_left, dense_right = random_dense_pairs(50, 5, jax.random.key(1))
    assert len(dense_left) == len(dense_right) == 15 and (dense_left[:5] == dense_left[0]).all()


def test_certainty_is_one_less_the_entropy_of_scipy():
    scores = np.random.default_rng(2).normal(size=(5, 3, 7)).astype(np.float32)
    p = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
    np.testing.assert_allclose(certainty(scores), 1 - entropy(p, axis=-1) / np.log(7), atol=1e-6)


@pytest.mark.parametrize(("threshold", "expected"), [(0.0, [0, 0]), (0.5, [1, 2]), (1.0, [2, 2])])
def test_thinking_stops_at_the_first_tick_that_is_sure_enough(threshold, expected):
    confidence = np.array([[0.2, 0.1], [0.9, 0.4], [0.3, 0.45]])
    assert stopping_tick(confidence, threshold).tolist() == expected
