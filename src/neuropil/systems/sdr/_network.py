"""Neurons with active segments that store random patterns, and what they are shown."""

from typing import NamedTuple, cast

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Int

from ...cells import HardReset, lif
from ...connectivity import FanIn, segments
from ...core import Input, Network, Projection, simulate
from ...synapses import ActiveSegments

DT, SHOWN_AT_ONCE = 1.0, 16_000_000


class Recogniser(NamedTuple):
    """A network, its threshold, and the active cells of what it stores."""

    network: Network
    threshold: float
    stored: Int[np.ndarray, "neuron segment pattern active"]


class Sizes(NamedTuple):
    """Cells, active cells of a pattern, synapses and threshold of a segment."""

    cells: int
    active: int
    synapses: int
    threshold: int


def random_patterns(
    generator: np.random.Generator, shape: tuple[int, ...], cells: int, active: int
) -> Int[np.ndarray, "*shape active"]:
    """Return the active cells of random patterns, all patterns equally likely."""
    count = int(np.prod(shape))
    rows = max(1, SHOWN_AT_ONCE // cells)
    drawn = [
        _least(generator.random((min(rows, count - at), cells), np.float32), active)
        for at in range(0, count, rows)
    ]
    return np.concatenate(drawn).reshape(*shape, active)


def _least(numbers, count):
    """Return where the smallest numbers of every row are."""
    return numbers.argpartition(count - 1)[:, :count].astype(np.int32)


def build(sizes: Sizes, neurons: int, of_neuron: int, of_segment: int, seed: int) -> Recogniser:
    """Return neurons with some segments each, and some patterns stored on every segment."""
    generator = np.random.default_rng([seed, 0])
    shape = neurons, of_neuron, of_segment
    stored = random_patterns(generator, shape, sizes.cells, sizes.active)
    kind, weight = segments(sizes.cells, stored, sizes.synapses, jax.random.key(seed))
    return Recogniser(_network(kind, weight, sizes.threshold), sizes.threshold, stored)


def summed_at_the_soma(found: Recogniser) -> Recogniser:
    """Return the same synapses without segments: all of a neuron's add up to one threshold."""
    neurons, (projection,) = len(found.stored), found.network.projections
    segmented = cast(FanIn, projection.connectivity)
    places = np.asarray(segmented.indices).reshape(neurons, -1)
    kind, weight = FanIn(segmented.source, (neurons, 1), places), projection.weight
    merged = _network(kind, weight.reshape(places.shape), found.threshold)
    return found._replace(network=merged)


def _network(kind: FanIn, weight, threshold: float) -> Network:
    neurons, of_neuron = kind.target
    receptors = {"segments": ActiveSegments(of_neuron, threshold=threshold)}
    population = lif(neurons, threshold=0.5, reset=HardReset(), receptors=receptors)
    nodes = {"cells": Input(kind.source), "neurons": population}
    return Network(nodes, (Projection("cells", "neurons.segments", kind, weight),), "neurons")


def as_activity(patterns: Int[np.ndarray, "*n active"], cells: int) -> Float[np.ndarray, "*n n"]:
    """Return 1 for every active cell."""
    active = np.zeros((*patterns.shape[:-1], cells), np.float32)
    np.put_along_axis(active, patterns, 1.0, axis=-1)
    return active


def replace_cells(
    generator: np.random.Generator, pattern: Int[np.ndarray, "n active"], cells: int, count: int
) -> Int[np.ndarray, "n active"]:
    """Return patterns of which some active cells are replaced by others that were silent."""
    kept = generator.permuted(pattern, axis=-1)[:, : pattern.shape[-1] - count]
    order = generator.random((len(pattern), cells), np.float32)
    np.put_along_axis(order, pattern, 2.0, axis=-1)
    others = _least(order, count) if count else kept[:, :0]
    return np.concatenate([kept, others], axis=-1)


def respond(network: Network, patterns: Int[np.ndarray, "n active"]) -> Bool[np.ndarray, "n m"]:
    """Return which neurons spike for each of some patterns."""
    cells = network.nodes["cells"].shape[0]
    rows = max(1, SHOWN_AT_ONCE // max(cells, network.projections[0].weight.size))
    return np.concatenate(
        [
            np.asarray(_spikes(network, as_activity(patterns[at : at + rows], cells)))
            for at in range(0, len(patterns), rows)
        ]
    )


@eqx.filter_jit
def _spikes(network, active):
    _, records = simulate(network, active[None], dt=DT, key=jax.random.key(0))
    return jnp.asarray(records.output[0] > 0)
