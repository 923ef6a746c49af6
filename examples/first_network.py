"""A feed-forward spiking network: simulate it, look inside, take one gradient."""

import equinox as eqx
import jax
import jax.numpy as jnp

from neuropil.cells import leaky_integrator, lif
from neuropil.connectivity import Dense
from neuropil.core import Input, Record, chain, simulate

layers = [Input(100), Dense(100, 50), lif(50, tau=10.0), Dense(50, 10), leaky_integrator(10)]
network = chain(*layers, key=jax.random.key(0))
print(network.describe())

spikes = jax.random.bernoulli(jax.random.key(1), 0.1, (200, 8, 100))  # [time, batch, neuron]
record = {"spikes": Record("hidden1")}
_, records = simulate(network, spikes, dt=1.0, key=jax.random.key(2), record=record)
rate = 1000.0 * records.kept["spikes"].mean()
print(f"\nhidden neurons fire at {rate:.1f} spikes per second")


@eqx.filter_grad
def loss(network):
    _, records = simulate(network, spikes, dt=1.0, key=jax.random.key(2))
    return jnp.mean(jnp.square(records.output - 0.1))


for projection, slope in zip(network.projections, loss(network).projections, strict=True):
    print(f"{projection.name}: gradient norm {jnp.linalg.norm(slope.weight):.2e}")
