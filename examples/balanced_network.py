"""A recurrent network of excitatory and inhibitory neurons (Dale's law), driven by noise."""

import jax
import jax.numpy as jnp

from neuropil.cells import AbsoluteRefractory, lif
from neuropil.connectivity import Dense, OneToOne, ProjectionDelay, constant, dale_signs, ticks_of
from neuropil.core import Bounds, Input, Network, Projection, Record, simulate

DT, SIZE, TICKS = 0.5, 200, 1000


def network(inhibition: float) -> Network:
    """Return the network; `inhibition` is how much stronger inhibitory synapses are."""
    signs = dale_signs(SIZE, excitatory=0.8)
    recurrent = Dense(SIZE, SIZE, delay=ProjectionDelay(ticks_of(1.5, DT)))
    strength = jnp.where(signs > 0, 0.01, 0.01 * inhibition)[:, None]
    drawn = jax.random.uniform(jax.random.key(0), recurrent.weight_shape) < 0.2
    return Network(
        {
            "noise": Input(SIZE),
            "cortex": lif(SIZE, tau=20.0, refractory=AbsoluteRefractory(2.0)),
        },
        (
            Projection("noise", "cortex", OneToOne(SIZE), constant(OneToOne(SIZE), 0.12)),
            Projection(
                "cortex", "cortex", recurrent, drawn * strength, sign=signs, bounds=Bounds(0.0)
            ),
        ),
        "cortex",
    )


noise = jax.random.poisson(jax.random.key(1), 0.3, (TICKS, SIZE)).astype(jnp.float32)
rates = {}
for inhibition in (0.0, 4.0, 8.0):
    record = {"rate": Record("cortex", encode=lambda spikes: spikes.mean(axis=-1))}
    _, records = simulate(network(inhibition), noise, dt=DT, key=jax.random.key(2), record=record)
    rates[inhibition] = 1000.0 * float(records.kept["rate"].mean()) / DT
    print(f"inhibition x{inhibition:g}: {rates[inhibition]:5.1f} spikes per second and neuron")
assert rates[0.0] > rates[4.0] > rates[8.0] > 0.0
