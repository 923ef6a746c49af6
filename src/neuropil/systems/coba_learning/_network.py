"""The network: neurons of `coba`, with NMDA receptors and a surrogate that suits small ticks."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ...cells import Threshold
from ...coding import LeakyIntegral
from ...connectivity import Dense, fixed_in_degree
from ...core import Bounds, Input, Network, Population, Projection
from ...numerics import Triangle
from ...synapses import NMDA
from ..balanced._model import INHIBITORY_SHARE, conductances, integrate_and_fire
from ._plan import Plan
from ._trials import CLASSES, TRAINS

IN_DEGREES = {"input": 18, "exc": 32, "inh": 8}
GAIN, WIDTH = 15.0, 5.0  # Hz per mV at threshold; mV
WEIGHTS = {
    ("input", "exc.exc"): 0.006,
    ("input", "inh.exc"): 0.006,
    ("exc", "exc.nmda"): 0.0012,
    ("exc", "inh.exc"): 0.003,
    ("inh", "exc.inh"): 0.02,
    ("inh", "inh.inh"): 0.02,
}
"""Mean first weights in uS."""


def receptors() -> dict:
    """Return the receptors of `coba`, and slow ones."""
    return {**conductances(), "nmda": NMDA()}


def population(size: int, tick: float) -> Population:
    """Return neurons of `coba` with slow receptors.

    The chance to spike within a tick grows with the tick, and so must the surrogate derivative of
    spikes: it is a gain in Hz per mV times the tick. Of one height for all ticks, what a neuron
    passes back would grow with the number of ticks that it stays near threshold.
    """
    plain = integrate_and_fire(size, rest=-60.0, resistance=100.0, receptors=receptors)
    surrogate = Triangle(width=WIDTH, height=GAIN * tick / 1000.0)
    return dataclasses.replace(plain, emission=Threshold(surrogate))


def build(plan: Plan, key: jax.Array, bounds: Bounds | None = Bounds(0.0)) -> Network:  # noqa: B008
    """Return the network before training; weights are uniform around their means.

    Every neuron has as many synapses, so that networks of all seeds share one compiled program.
    """
    inhibitory = round(plan.neurons * INHIBITORY_SHARE)
    sizes = {"input": TRAINS, "exc": plan.neurons - inhibitory, "inh": inhibitory}
    *keys, for_weights, for_readout = jax.random.split(key, len(WEIGHTS) + 2)
    listed = [
        fixed_in_degree(
            sizes[source], sizes[target.partition(".")[0]], IN_DEGREES[source], own,
            ticks=0 if source == "input" else 1,
        )
        for (source, target), own in zip(WEIGHTS, keys, strict=True)
    ]  # fmt: skip
    ends = np.cumsum([synapses.targets.size for synapses in listed])
    uniform = np.split(np.asarray(jax.random.uniform(for_weights, (ends[-1],))), ends[:-1])
    projections = [
        Projection(source, target, synapses, 2.0 * mean * own, bounds=bounds)
        for ((source, target), mean), synapses, own in zip(
            WEIGHTS.items(), listed, uniform, strict=True
        )
    ]
    readout = 0.02 * jax.random.normal(for_readout, (sizes["exc"], len(CLASSES)))
    dense = Dense(sizes["exc"], len(CLASSES))
    projections.append(Projection("exc", "readout", dense, readout))
    nodes = {
        "input": Input(TRAINS),
        **{name: population(sizes[name], plan.tick) for name in ("exc", "inh")},
        "readout": LeakyIntegral(len(CLASSES), tau=20.0),
    }
    return Network(nodes, tuple(projections), "readout")


def recurrent(network: Network) -> list:
    """Return the weights between the populations."""
    inside = [p for p in network.projections if p.source != "input" and p.target != "readout"]
    return [p.weight for p in inside]


def synaptic(network: Network) -> list:
    """Return all weights onto neurons: those that Dale's law is about."""
    return [p.weight for p in network.projections if p.target != "readout"]


def with_nmda_blocked(network: Network) -> Network:
    """Return the network in so much magnesium that no current passes NMDA receptors."""

    def magnesium(network):
        return [network.nodes[name].receptors["nmda"].magnesium for name in ("exc", "inh")]

    return eqx.tree_at(magnesium, network, [jnp.full_like(m, 1e30) for m in magnesium(network)])
