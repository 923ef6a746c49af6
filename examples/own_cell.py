"""A neuron model of your own: the quadratic integrate-and-fire neuron and its rate curve."""

import jax
import jax.numpy as jnp
import numpy as np

from neuropil.cells import Threshold
from neuropil.core import Cell, Current, Population, simulate
from neuropil.numerics import Euler

TAU, LOW, HIGH, DT = 10.0, -20.0, 20.0, 0.02


class QuadraticIF(Cell):
    """tau v' = v^2 + I, from LOW to HIGH and back at a spike."""

    def init(self, size):
        return {"v": jnp.full(size, LOW)}

    def field(self, y, drive):
        return {"v": (jnp.square(y["v"]) + drive.current(y["v"])) / TAU}

    def excess(self, y):
        return y["v"] - HIGH

    def jump(self, y, spike):
        return {"v": jnp.where(spike > 0, LOW, y["v"])}


current = jnp.array([-0.5, 0.5, 1.0, 2.0])  # nA
neurons = Population(current.shape, QuadraticIF(), Threshold(), Euler(), {"input": Current()})
ticks = round(2000.0 / DT)
_, records = simulate(neurons, jnp.broadcast_to(current, (ticks, 4)), dt=DT, key=jax.random.key(0))

for i, train in zip(np.asarray(current), np.asarray(records.output).T, strict=True):
    measured = 1000.0 * train.sum() / (ticks * DT)
    if i > 0:
        root = np.sqrt(i)
        period = TAU / root * (np.arctan(HIGH / root) - np.arctan(LOW / root))
        expected = 1000.0 / period
    else:
        expected = 0.0
    print(f"{i:5.2f} nA: {measured:6.2f} spikes per second, closed form {expected:6.2f}")
    assert abs(measured - expected) <= max(0.5, 0.03 * expected)
