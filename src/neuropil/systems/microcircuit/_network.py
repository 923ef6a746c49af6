"""The network at a scale: ms, mV, nA, Hz."""

import math
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ...cells import AbsoluteRefractory, HardReset, lif
from ...coding import PoissonCount
from ...connectivity import OneToOne, Sparse, fixed_total_number, normal_ticks
from ...core import Network, Projection, RunState
from ...synapses import ExponentialCurrent
from ..balanced._simulation import DT
from . import _tables as paper

RESISTANCE = 1e3 * paper.MEMBRANE / paper.CAPACITANCE  # MOhm
# A current is felt as it is at the start of a tick, for all of it: with weights lower by what it
# loses on average meanwhile, a synapse passes the charge of one whose current decays all the time.
DECAYING = -math.expm1(-DT / paper.SYNAPSE) * paper.SYNAPSE / DT
NANO = 1e-3  # nA in a pA


class Scale(NamedTuple):
    """How much of the network is there: neurons, and synapses of a neuron within the network."""

    neurons: float
    in_degree: float


def sizes(scale: Scale) -> tuple[int, ...]:
    """Return the neurons of the populations."""
    return tuple(round(scale.neurons * size) for size in paper.SIZES.tolist())


def lost_current(scale: Scale, weights: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Return the mean current, in pA, that neurons of each population lack at a scale.

    `weights` and `numbers` are those of the synapses between populations, in the full network.

    With a share k of their synapses, and weights over the root of k, the variance of what arrives
    is that of the full network, and its mean the root of k of it.

    Source: van Albada et al. 2015, doi:10.1371/journal.pcbi.1004490.
    """
    rates = np.array([np.mean(rates) for rates in paper.PUBLISHED.values()])
    mean = (weights * numbers / paper.SIZES[:, None]) @ rates * paper.SYNAPSE * 1e-3
    return (1 - math.sqrt(scale.in_degree)) * mean


def build(
    scale: Scale, key: jax.Array, *, numbers: np.ndarray | None = None, doubled: float = 2.0
) -> Network:
    """Return the eight populations side by side, as one that its background drives.

    **Arguments:** `scale`; `key`, for the synapses; `numbers`, of the synapses between populations
    in the full network, those of the paper by default; `doubled`, how strong synapses from L4E
    onto L23E are, relative to other excitatory ones.
    """
    numbers = paper.numbers() if numbers is None else numbers
    many = sizes(scale)
    shares = np.array(many) / paper.SIZES * scale.in_degree
    for_ends, for_delays, for_weights = jax.random.split(key, 3)
    total = np.rint(numbers * shares[:, None]).T
    synapses = fixed_total_number(many, many, total, for_ends)
    borders = np.concatenate([[0], np.cumsum(many)])
    parts = np.asarray(synapses.starts)[borders]
    late = _delays(parts, for_delays)
    inner = Sparse(synapses.source, synapses.target, synapses.starts, synapses.targets, late)
    means = paper.mean_weights(doubled)
    unit = NANO * DECAYING / math.sqrt(scale.in_degree)
    weight = _weights(np.asarray(synapses.targets), parts, borders, unit * means, for_weights)
    background = np.repeat(paper.BACKGROUND_RATE * paper.BACKGROUND, many)
    outer = OneToOne(sum(many))
    given = jnp.full(outer.weight_shape, NANO * DECAYING * paper.WEIGHT, jnp.float32)
    rest = paper.REST + RESISTANCE * NANO * lost_current(scale, means, numbers)
    cells = lif(
        sum(many),
        tau=paper.MEMBRANE,
        rest=np.repeat(rest, many).astype(np.float32),
        threshold=paper.THRESHOLD,
        resistance=RESISTANCE,
        reset=HardReset(paper.REST),
        refractory=AbsoluteRefractory(paper.REFRACTORY),
        receptors={"current": ExponentialCurrent(paper.SYNAPSE)},
    )
    outside = PoissonCount(sum(many), background.astype(np.float32))
    return Network(
        {"cells": cells, "outside": outside},
        (
            Projection("cells", "cells.current", inner, weight),
            Projection("outside", "cells.current", outer, given),
        ),
        "cells",
    )


def _delays(parts, key):
    """Return the delay of every synapse, by the population that sends."""
    late = np.empty(parts[-1], np.int32)
    for index, name in enumerate(paper.POPULATIONS):
        own = slice(parts[index], parts[index + 1])
        draw = normal_ticks(*paper.DELAYS[name[-1]], DT)
        late[own] = draw(jax.random.fold_in(key, index), late[own].shape)
    return late


def _weights(targets, parts, borders, mean, key):
    """Return the weight of every synapse: normal, and never of the other sign."""
    weight = np.empty(targets.size, np.float32)
    for source in range(len(paper.POPULATIONS)):
        own = slice(parts[source], parts[source + 1])
        onto = np.searchsorted(borders, targets[own], side="right") - 1
        z = np.asarray(jax.random.normal(jax.random.fold_in(key, source), onto.shape))
        weight[own] = mean[onto, source] * np.maximum(1 + paper.WEIGHT_SPREAD * z, 0)
    return jnp.asarray(weight)


def with_inhibition(network: Network, factor: float) -> Network:
    """Return the network with the weights of all inhibitory synapses times a factor."""
    weight = network.projections[0].weight
    weaker = jnp.where(weight < 0, factor * weight, weight)
    return eqx.tree_at(lambda network: network.projections[0].weight, network, weaker)


def start(network: Network, key: jax.Array) -> RunState:
    """Return a state with potentials that are normal, whatever the population."""
    rest = network.init(key=key)
    cells, (mean, spread) = rest.nodes["cells"], paper.FIRST_POTENTIAL
    v = mean + spread * jax.random.normal(key, cells.cells["v"].shape)
    nodes = {**rest.nodes, "cells": cells._replace(cells={**cells.cells, "v": v})}
    return RunState(rest._replace(nodes=nodes), jnp.zeros((), jnp.int32))
