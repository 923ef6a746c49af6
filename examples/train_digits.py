"""Train a spiking network on handwritten digits, one spike per pixel: bright pixels fire early."""

import jax
import numpy as np
import optax

from neuropil.cells import leaky_integrator, lif
from neuropil.coding import latency, softmax_over_time
from neuropil.connectivity import Dense
from neuropil.core import Input, chain
from neuropil.tasks import digits
from neuropil.training import accuracy, cross_entropy, evaluate, fit

TICKS, DT = 20, 1.0

task = digits()
print(task.describe())


def spikes(part):
    """Return the spikes of a part of the task, sample first, and its classes."""
    train = latency(part.inputs, ticks=TICKS, dt=DT, tau=6.0)
    return np.moveaxis(np.asarray(train, bool), 0, 1), part.targets


key = jax.random.key(0)
layers = [
    Input(task.features),
    Dense(task.features, 96),
    lif(96, tau=10.0),
    Dense(96, 10),
    leaky_integrator(10, tau=10.0),
]
network = chain(*layers, key=key)
readout = {"loss": cross_entropy(softmax_over_time), "batch_size": 64, "dt": DT, "key": key}
readout["metrics"] = {"accuracy": accuracy(softmax_over_time)}

optimizer = optax.adam(5e-3)
validation = spikes(task.validation)
result = fit(
    network, spikes(task.train), optimizer=optimizer, epochs=10, validation=validation, **readout
)
for entry in result.history[::3]:
    print(f"epoch {entry['epoch']:2d}: validation accuracy {entry['validation']['accuracy']:.3f}")

found = evaluate(result.node, spikes(task.test), **readout).values["accuracy"]
print(f"test accuracy {found:.3f}")
assert found > 0.85
