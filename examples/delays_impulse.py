"""What a pulse becomes on its way through exact and through learnable delays."""

import jax
import jax.numpy as jnp
import numpy as np

from neuropil.cells import lif
from neuropil.connectivity import AxonalDelay, DelayedDense, Dense, LearnableDelays, ProjectionDelay
from neuropil.core import Input, Link, chain, simulate

pulse = jnp.zeros((12, 2)).at[0].set(1.0)  # two source neurons, one spike each in tick 0


def arrivals(connectivity):
    """Return, for every target neuron, the ticks in which it fires."""
    link = Link(connectivity, weight=jnp.ones(connectivity.weight_shape))
    network = chain(Input(2), link, lif(connectivity.target, tau=1.0), key=jax.random.key(0))
    _, records = simulate(network, pulse, dt=1.0, key=jax.random.key(1))
    return [np.flatnonzero(train).tolist() for train in records.output.T]


exact = {
    "per projection": (Dense(2, 1, delay=ProjectionDelay(3)), [[3]]),
    "per axon": (Dense(2, 1, delay=AxonalDelay(np.array([2, 7]))), [[2, 7]]),
    "per synapse": (DelayedDense(np.array([[0, 3], [5, 9]])), [[0, 5], [3, 9]]),
}
for name, (connectivity, expected) in exact.items():
    found = arrivals(connectivity)
    print(f"{name:15} fires in ticks {found}")
    assert found == expected

print("\na learnable delay of 4.3 ticks, spread over whole lags:")
for width in (3.0, 1.0, 0.1):
    learnable = LearnableDelays(jnp.full((1, 1), 4.3), longest=10, width=width)
    shares = learnable.kernel()[:, 0, 0]
    print(f"  width {width:3.1f}:", " ".join(f"{share:4.2f}" for share in shares))
    assert abs(float(shares.sum()) - 1.0) < 1e-5
