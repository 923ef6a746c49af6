"""The meta neuron is the map of its equations, and the leaky neuron without its second variable."""

import jax
import numpy as np
import pytest

from neuropil.cells import HardReset, lif, meta_neuron
from neuropil.core import Current, Record, simulate
from neuropil.numerics import Euler

KEY = jax.random.key(0)
X = np.random.default_rng(0).normal(0.25, 0.5, (200, 3))


def run(node):
    return simulate(node, X, dt=1.0, key=KEY, record={"v": Record("v")})[1]


@pytest.mark.parametrize("receptors", [None, {"input": Current()}])
def test_without_its_second_variable_it_is_the_leaky_neuron(receptors):
    theirs = run(lif(3, tau=9.0, threshold=0.7, reset=HardReset(), receptors=receptors))
    ours = run(meta_neuron(3, tau=9.0, threshold=0.7, receptors=receptors))
    assert theirs.output.sum() > 5 or receptors
    np.testing.assert_allclose(ours.kept["v"], theirs.kept["v"], atol=1e-5)
    np.testing.assert_array_equal(ours.output, theirs.output)


def test_with_forward_euler_it_is_the_published_map():
    tau, tau_u, a, b, c, threshold = 6.0, 11.0, 0.8, 1.7, 0.4, 0.25
    node = meta_neuron(
        3, tau=tau, tau_u=tau_u, a=a, b=b, c=c, threshold=threshold,
        receptors={"input": Current()}, integrator=Euler(),
    )  # fmt: skip
    found = run(node)
    v, u = np.zeros(3), np.zeros(3)
    spikes = 0
    for t, x in enumerate(X):
        v, u = v + (-a * v - u + x) / tau, u + (b * v - u) / tau_u
        fired = v >= threshold
        v, u = np.where(fired, 0.0, v), u + c * fired
        np.testing.assert_allclose(found.kept["v"][t], v, atol=1e-5)
        np.testing.assert_array_equal(found.output[t], fired)
        spikes += fired.sum()
    assert spikes > 3
