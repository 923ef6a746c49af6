"""A network of units in steps, and the spiking network that it becomes."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

from ...cells import Units, integrate_and_fire
from ...coding import evidence_over_time, poisson_rate
from ...connectivity import Dense
from ...core import Input, Network, Projection, chain, simulate
from ...numerics import QuantisedReLU
from ...training import Fit, accuracy, cross_entropy, fit
from ._settings import Settings

DT, BATCH, DRAWS = 1.0, 1000, 5


def build(features: int, classes: int, settings: Settings, key) -> Network:
    """Return layers of units whose activations have few values, with a linear readout."""
    sizes = features, *settings.hidden, classes
    steps = QuantisedReLU(settings.step, 2**settings.bits - 1)
    parts: list = [Input(features)]
    for before, after in zip(sizes[:-1], sizes[1:], strict=True):
        activation = steps if len(parts) < 2 * len(settings.hidden) else jax.nn.identity
        parts += [Dense(before, after), Units(after, activation)]
    return chain(*parts, key=key)


def train(network: Network, samples, settings: Settings, key, **options) -> Fit:
    """Return the network fitted to images, each shown for one tick; options go to `fit`."""
    return fit(
        network,
        as_ticks(samples),
        loss=cross_entropy(last),
        metrics={"accuracy": accuracy(last)},
        optimizer=optax.adam(settings.rate),
        epochs=settings.epochs,
        batch_size=min(settings.batch_size, len(samples)),
        dt=DT,
        key=key,
        **options,
    )


def last(output):
    """Return the scores of the last tick."""
    return output[-1]


def as_ticks(samples) -> tuple[np.ndarray, np.ndarray]:
    """Return images as inputs of one tick."""
    return samples.inputs[:, None], samples.targets


def to_spiking(network: Network) -> Network:
    r"""Return the same network with integrate-and-fire neurons in place of units in steps.

    A unit $s\,\mathrm{clip}(\mathrm{round}(z/s), 0, L)$ becomes a neuron with threshold
    $\vartheta = s L$, half of which is there at first, whose spikes weigh $\vartheta$: over many
    ticks their mean is the unit's activation.
    """
    nodes, weigh = {}, {}
    for name, node in network.nodes.items():
        nodes[name], weigh[name] = node, 1.0
        if isinstance(node, Units) and isinstance(node.activation, QuantisedReLU):
            threshold = node.activation.step * node.activation.levels
            nodes[name] = integrate_and_fire(
                node.shape, threshold=threshold, initial=threshold / 2, bias=node.bias
            )
            weigh[name] = threshold
    projections = tuple(
        Projection(p.source, p.target, p.connectivity, weigh[p.source] * p.weight)
        for p in network.projections
    )
    return Network(nodes, projections, network.output)


def spikes_of(images: Float[Array, "batch features"], ticks: int, key) -> Array:
    """Return spikes drawn anew in every tick with the brightness as their probability."""
    spikes = poisson_rate(images, ticks, DT, 1000.0 / DT, key)
    return spikes.astype(jnp.float32)


def evidence(
    spiking: Network, samples, settings: Settings, key
) -> tuple[Float[np.ndarray, "time sample class"], np.ndarray]:
    """Return the evidence for every class after every tick, and targets.

    Every sample is seen five times, with spikes drawn anew.
    """

    @jax.jit
    def gathered(network, x, key):
        spikes = spikes_of(x, settings.ticks, key)
        output = simulate(network, spikes, dt=DT, key=key)[1].output
        return evidence_over_time(output, settings.smoothing)

    images = np.concatenate([samples.inputs] * DRAWS)
    found = [
        gathered(spiking, images[at : at + BATCH], jax.random.fold_in(key, at))
        for at in range(0, len(images), BATCH)
    ]
    return np.concatenate(found, axis=1), np.concatenate([samples.targets] * DRAWS)
