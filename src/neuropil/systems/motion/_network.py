"""The layer, its training, and what is done to it afterwards."""

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

from ...cells import ComplexCells, Units
from ...connectivity import DelayedConv2d
from ...core import Input, Link, Network, Records, chain, simulate
from ...tasks import DIRECTIONS
from ...training import Fit, accuracy, fit
from ._data import MOVIES, training_movies
from ._settings import Settings

DT, SPREAD, BIAS, BATCH = 1.0, 0.05, -2.0, 50


def build(data: str, settings: Settings, key, *, rectified: bool = True) -> Network:
    """Return kernels in space and delay, and complex cells; or linear ones."""
    kind = MOVIES[data]
    side, delays = settings.size or kind.size, settings.delays or kind.delays
    shape = (1, side, side)
    layer = DelayedConv2d(shape, len(DIRECTIONS), settings.kernel, delays, kind.border)
    bias = np.full((len(DIRECTIONS), 1, 1), BIAS, np.float32)
    cells = (
        ComplexCells(layer.target, bias)
        if rectified
        else Units(layer.target, jax.nn.identity, bias)
    )
    weight = SPREAD * jax.random.normal(key, layer.weight_shape)
    return chain(Input(shape), Link(layer, weight), cells, key=key)


@dataclass(frozen=True)
class LastFrame:
    """The cross-entropy of every place with the direction, in the last frame, averaged."""

    def __call__(self, records: Records, targets: Array) -> Float[Array, " batch"]:
        """Return one value per movie."""
        evidence = records.output[-1]
        right = jax.nn.one_hot(targets, evidence.shape[1])[:, :, None, None]
        labels = jnp.broadcast_to(right, evidence.shape)
        losses = optax.sigmoid_binary_cross_entropy(evidence, labels)
        return losses.mean(axis=(1, 2, 3))


def full_field(output: Float[Array, "frame batch class row column"]) -> Float[Array, "batch class"]:
    """Return the evidence of the last frame, averaged over all places."""
    return output[-1].mean(axis=(2, 3))


def train(network: Network, data: str, settings: Settings, key, updates=None, **options) -> Fit:
    """Return the network fitted to movies; options go to `fit`."""
    updates = updates or settings.updates or MOVIES[data].updates
    seed = int(np.asarray(jax.random.key_data(key)).reshape(-1)[-1])
    movies, epochs = training_movies(data, settings, updates, seed)
    return fit(
        network,
        movies,
        loss=LastFrame(),
        metrics={"accuracy": accuracy(full_field)},
        optimizer=optax.adam(settings.rate),
        epochs=epochs,
        batch_size=settings.batch_size,
        dt=DT,
        key=key,
        **options,
    )


@eqx.filter_jit
def _evidence(network, movies):
    return simulate(network, movies, dt=DT, key=jax.random.key(0))[1].output[-1]


def evidence(network: Network, movies) -> Float[np.ndarray, "sample class row column"]:
    """Return the evidence of the last frame."""
    blocks = range(0, movies.shape[1], BATCH)
    return np.concatenate([_evidence(network, movies[:, at : at + BATCH]) for at in blocks])


def share_right(network: Network, movies, directions) -> float:
    """Return how many movies the full field tells right."""
    found = evidence(network, movies).mean(axis=(2, 3)).argmax(axis=1)
    return float((found == directions).mean())


def kernels(network: Network) -> Float[np.ndarray, "class delay row column"]:
    """Return the weights."""
    return np.asarray(network.projections[0].weight)[:, 0]


def with_kernels(network: Network, weight) -> Network:
    """Return the network with other weights, `[class, delay, row, column]`."""
    changed = jnp.asarray(weight, jnp.float32)[:, None]
    return eqx.tree_at(lambda n: n.projections[0].weight, network, changed)


def pruned(network: Network, share: float, *, smallest: bool = False) -> Network:
    """Return the network with a share of its weights, the largest ones, and no training."""
    weight = kernels(network)
    order = np.argsort(np.abs(weight), axis=None)
    kept = (order if smallest else order[::-1])[: round(share * weight.size)]
    mask = np.zeros(weight.size, bool)
    mask[kept] = True
    return with_kernels(network, weight * mask.reshape(weight.shape))


def shortened(network: Network, delays: int) -> Network:
    """Return the network with the shortest delays only, as many as these."""
    weight = kernels(network)
    return with_kernels(network, weight * (np.arange(weight.shape[1]) < delays)[:, None, None])


def follows_motion(network: Network) -> float:
    """Return for how many classes kernels of neighbouring delays match best when moved by one step.

    The step is the class's; the others, and none, are what it is compared with.
    """
    steps = ((0, 0), *DIRECTIONS)
    right = [
        steps[int(np.argmax([_match(kernel, step) for step in steps]))] == direction
        for kernel, direction in zip(kernels(network), DIRECTIONS, strict=True)
    ]
    return float(np.mean(right))


def _match(kernel: np.ndarray, step: tuple[int, int]) -> float:
    """Return the sum of products of each delay's weights with the next one's, a step further."""
    rows, columns = kernel.shape[1:]
    up, left = (max(-move, 0) for move in step)
    down, right = (max(move, 0) for move in step)
    here = kernel[:-1, up : rows - down, left : columns - right]
    there = kernel[1:, down : rows - up, right : columns - left]
    return float((here * there).sum())
