"""Small problems that training is tested on."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from neuropil.cells import leaky_integrator, lif
from neuropil.connectivity import Dense
from neuropil.core import Input, Network, chain
from neuropil.training import accuracy, cross_entropy

KEY = jax.random.key(0)


def total(output):
    return output.sum(0)


LOSS = cross_entropy(total)
SGD, ADAM = optax.sgd(0.1), optax.adam(1e-2)  # made once: a step is compiled per optimiser
METRICS = {"accuracy": accuracy(total)}


def spikes(samples=40, ticks=12, channels=6, seed=0):
    """Class c fires channels of its own half more often."""
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, 2, samples)
    rates = np.where(np.arange(channels) < channels // 2, 0.6, 0.1)
    rates = np.where(targets[:, None], rates[::-1], rates)
    return rng.random((samples, ticks, channels)) < rates[:, None], targets


def net(hidden=8, key=KEY) -> Network:
    return chain(
        Input(6), Dense(6, hidden), lif(hidden, tau=5.0), Dense(hidden, 2), leaky_integrator(2),
        key=key,
    )  # fmt: skip


def leaves(tree):
    return [np.asarray(x) for x in jax.tree.leaves(tree) if isinstance(x, jax.Array)]


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(leaves(one), leaves(other), strict=True))


def close(one, other, tolerance=1e-5):
    pairs = zip(leaves(one), leaves(other), strict=True)
    return all(np.allclose(a, b, rtol=tolerance, atol=tolerance) for a, b in pairs)


def options(**changes):
    return {
        "loss": LOSS,
        "metrics": METRICS,
        "optimizer": ADAM,
        "epochs": 2,
        "batch_size": 16,
        "dt": 1.0,
        "key": jnp.copy(KEY),
        **changes,
    }
