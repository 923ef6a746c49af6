"""The layer, its training, and what is done to it afterwards."""

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Bool, Float

from ...cells import ComplexCells, Units
from ...connectivity import DelayedConv2d
from ...core import Input, Link, Network, Records, chain, simulate
from ...numerics import as_instance
from ...sparsity import keep_pruned
from ...tasks import DIRECTIONS
from ...training import Fit, accuracy, fit
from ._data import MOVIES, motions, training_movies
from ._settings import Mask, Settings

DT, SPREAD, BIAS, BATCH = 1.0, 0.05, -2.0, 50


def build(data: str, settings: Settings, key, *, rectified: bool = True) -> Network:
    """Return kernels in space and delay, and complex cells; or linear ones."""
    kind, classes = MOVIES[data], len(motions(data, settings))
    side, delays = settings.size or kind.size, settings.delays or kind.delays
    shape = (1, side, side)
    layer = DelayedConv2d(shape, classes, settings.kernel, delays, kind.border)
    bias = np.full((classes, 1, 1), BIAS, np.float32)
    cells = (
        ComplexCells(layer.target, bias)
        if rectified
        else Units(layer.target, jax.nn.identity, bias)
    )
    weight = SPREAD * jax.random.normal(key, layer.weight_shape)
    weight *= mask_of(settings.mask, delays, settings.kernel)
    return chain(Input(shape), Link(layer, weight), cells, key=key)


def mask_of(mask: Mask, delays: int, size: int) -> Bool[np.ndarray, "delay row column"]:
    """Return which offsets have synapses: those within a radius, which may grow with the delay."""
    if mask is Mask.NONE:
        return np.ones((delays, size, size), bool)
    radius = np.full(delays, size / 2)
    if mask is Mask.GROWING:
        radius *= np.arange(1, delays + 1) / delays
    offset = np.arange(size) - size // 2
    return np.hypot(offset[:, None], offset) <= radius[:, None, None]


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
        optimizer=_optimizer(network, settings),
        epochs=epochs,
        batch_size=settings.batch_size,
        dt=DT,
        key=key,
        **options,
    )


def _optimizer(network: Network, settings: Settings):
    """Return Adam, which leaves weights without a synapse at zero."""
    adam = optax.adam(settings.rate)
    if settings.mask is Mask.NONE:
        return adam
    layer = layer_of(network)
    there = mask_of(settings.mask, layer.delays, settings.kernel)
    none = jax.tree.map(lambda _: None, network)
    masks = eqx.tree_at(
        lambda n: n.projections[0].weight,
        none,
        jnp.broadcast_to(there, layer.weight_shape),
        is_leaf=lambda x: x is None,
    )
    return keep_pruned(adam, masks)


def evidence(network: Network, movies) -> Float[np.ndarray, "sample class row column"]:
    """Return the evidence of the last frame."""
    return np.concatenate([_output(network, block)[-1] for block in _blocks(movies)])


def evidence_over_time(
    network: Network, movies
) -> Float[np.ndarray, "frame sample class row column"]:
    """Return the evidence of every frame."""
    return np.concatenate([_output(network, block) for block in _blocks(movies)], axis=1)


def full_field_over_time(network: Network, movies) -> Float[np.ndarray, "frame sample class"]:
    """Return the evidence of every frame, averaged over all places."""
    blocks = [_output(network, block).mean(axis=(3, 4)) for block in _blocks(movies)]
    return np.concatenate(blocks, axis=1)


@eqx.filter_jit
def _output(network, movies):
    return simulate(network, movies, dt=DT, key=jax.random.key(0))[1].output


def _blocks(movies):
    return [movies[:, at : at + BATCH] for at in range(0, movies.shape[1], BATCH)]


def share_right(network: Network, movies, directions) -> float:
    """Return how many movies the full field tells right."""
    found = evidence(network, movies).mean(axis=(2, 3)).argmax(axis=1)
    return float((found == directions).mean())


def layer_of(network: Network) -> DelayedConv2d:
    """Return the layer, without its weights."""
    return as_instance(
        network.projections[0].connectivity, "connectivity", DelayedConv2d, "a DelayedConv2d"
    )


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


def additions_per_event(network: Network, movies) -> float:
    """Return to how many synapses of a weight that is not zero an event of these movies goes."""
    layer = layer_of(network)
    there = (np.asarray(network.projections[0].weight) != 0).astype(np.float32)
    silence = jnp.zeros((layer.delays, *layer.source))
    # What the sum over all neurons gains by an event is the number of its synapses.
    _, count = jax.vjp(lambda window: layer.transmit(there, layer.read(window)), silence)
    (synapses,) = count(jnp.ones(layer.target))
    events = np.abs(np.asarray(movies, float)).sum(axis=(0, 1))
    return float((events * np.asarray(synapses.sum(axis=0))).sum() / max(events.sum(), 1.0))


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
