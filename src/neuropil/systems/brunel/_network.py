"""The network: ms, mV, Hz."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp

from ...cells import AbsoluteRefractory, HardReset, lif
from ...coding import PoissonCount
from ...connectivity import OneToOne, fixed_in_degree, ticks_of
from ...core import Delta, Network, Projection, RunState
from ..balanced._simulation import DT

TAU, THRESHOLD, RESET, REFRACTORY, DELAY = 20.0, 20.0, 10.0, 2.0, 1.5
JUMP, EXCITATORY, INHIBITORY = 0.1, 1000, 250  # mV, and synapses onto every neuron
THRESHOLD_RATE = 1e3 * THRESHOLD / (JUMP * TAU)  # Hz: all that excites a neuron, to reach threshold
INHIBITORY_SHARE = 0.2
POPULATIONS = "exc", "inh"


class Point(NamedTuple):
    """A point of the phase diagram.

    `g`, inhibition relative to excitation; `drive`, the external rate relative to the one that
    takes the mean potential to threshold.
    """

    g: float
    drive: float


def build(neurons: int, key: jax.Array) -> Network:
    """Return the network at g = 5 and twice the threshold rate.

    Every neuron has 1,000 synapses from excitatory neurons, 250 from inhibitory ones, and a
    Poisson train for 1,000 from outside.

    **Arguments:** `neurons`, of both populations; `key`, for the synapses.
    """
    inhibitory = round(neurons * INHIBITORY_SHARE)
    sizes = {"exc": neurons - inhibitory, "inh": inhibitory}
    degrees = {"exc": EXCITATORY, "inh": INHIBITORY}

    def projection(source: str, target: str, key: jax.Array) -> Projection:
        ticks = ticks_of(DELAY, DT)
        ends = sizes[source], sizes[target]
        synapses = fixed_in_degree(*ends, degrees[source], key, ticks=ticks)
        weight = jnp.full(synapses.weight_shape, JUMP, jnp.float32)
        return Projection(source, f"{target}.{source}", synapses, weight)

    def background(target: str) -> Projection:
        one = OneToOne(sizes[target])
        weight = jnp.full(one.weight_shape, JUMP, jnp.float32)
        return Projection(f"outside_{target}", f"{target}.exc", one, weight)

    pairs = [(source, target) for source in sizes for target in sizes]
    keys = jax.random.split(key, len(pairs))
    outside = {f"outside_{name}": PoissonCount(size, 1.0) for name, size in sizes.items()}
    network = Network(
        {name: _neurons(size) for name, size in sizes.items()} | outside,
        tuple(projection(*pair, key) for pair, key in zip(pairs, keys, strict=True))
        + tuple(background(target) for target in sizes),
        "exc",
    )
    return at(network, Point(5.0, 2.0))


def _neurons(size: int):
    return lif(
        size,
        tau=TAU,
        threshold=THRESHOLD,
        reset=HardReset(RESET),
        refractory=AbsoluteRefractory(REFRACTORY),
        receptors={"exc": Delta(), "inh": Delta()},
    )


def at(network: Network, point: Point) -> Network:
    """Return the network at another point of the phase diagram, with the same synapses."""

    rate = jnp.asarray(point.drive * THRESHOLD_RATE, jnp.float32)
    sources = {f"outside_{name}": PoissonCount(_size(network, name), rate) for name in POPULATIONS}

    def parts(network):
        return [p.weight for p in network.projections if p.source == "inh"]

    weights = [jnp.full_like(weight, -point.g * JUMP) for weight in parts(network)]
    network = eqx.tree_at(parts, network, weights)
    return Network({**network.nodes, **sources}, network.projections, "exc")


def _size(network: Network, name: str) -> int:
    return network.nodes[name].ports["exc"][0]


def start(network: Network, key: jax.Array) -> RunState:
    """Return a state with potentials anywhere between reset and threshold."""
    rest = network.init(key=key)
    nodes = dict(rest.nodes)
    for name, own in zip(("exc", "inh"), jax.random.split(key), strict=True):
        cells = nodes[name].cells
        v = jax.random.uniform(own, cells["v"].shape, minval=RESET, maxval=THRESHOLD)
        nodes[name] = nodes[name]._replace(cells={**cells, "v": v})
    return RunState(rest._replace(nodes=nodes), jnp.zeros((), jnp.int32))
