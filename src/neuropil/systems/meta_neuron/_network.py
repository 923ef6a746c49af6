"""One neuron, in the three forms that are compared."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ...cells import HardReset, Threshold, Units, lif, meta_neuron
from ...connectivity import Dense, OneToOne
from ...core import Input, Link, Network, Plasticity, Population, Projection, chain
from ...numerics import FastSigmoid, as_instance
from ...plasticity import Tempotron
from ...synapses import PostsynapticPotential
from ._plan import Neuron, Plan

SURROGATE_SLOPE = 10.0


def learner(neuron: Neuron, plan: Plan, channels: int, key) -> Network:
    """Return the neuron that learns by gradients, before it has."""
    cell = {"tau": plan.tau, "threshold": plan.threshold, "reset": HardReset()}
    emission = Threshold(FastSigmoid(SURROGATE_SLOPE))
    make = lif if neuron is Neuron.LIF else meta_neuron
    weight = plan.weight * (1.0 + 0.1 * jax.random.normal(key, (channels, 1)))
    link = Link(Dense(channels, 1), weight)
    return chain(Input(channels), link, make(1, emission=emission, **cell), key=key)


def relay(plan: Plan, channels: int, key) -> Network:
    """Return a neuron with random positive weights, whose output is read by its complexity."""
    weight = jnp.abs(plan.relay * (1.0 + jax.random.normal(key, (channels, 1)) / 3.0))
    if channels == 1:
        weight = jnp.full((1, 1), plan.relay)
    link = Link(Dense(channels, 1), weight)
    cell = lif(1, tau=plan.relay_tau, threshold=1.0, reset=HardReset())
    return chain(Input(channels), link, cell, key=key)


def tempotron(channels: int, rate: float, key) -> Network:
    """Return a Tempotron: potentials of single spikes, and one neuron that adds them up."""
    weight = 0.05 * jnp.abs(jax.random.normal(key, (channels, 1)))
    rule = Tempotron("label", rate=rate)
    return Network(
        {
            "input": Input(channels),
            "label": Input(1),
            "potentials": PostsynapticPotential(channels),
            "neuron": Units(1, jax.nn.identity),
        },
        (
            Projection("input", "potentials", OneToOne(channels), jnp.ones(channels)),
            Projection(
                "potentials", "neuron", Dense(channels, 1), weight, plasticity=Plasticity(rule)
            ),
        ),
        "neuron",
    )


def with_weight(network: Network, weight) -> Network:
    """Return a Tempotron with other weights."""
    return eqx.tree_at(lambda n: n.projections[1].weight, network, weight)


def cell_of(network: Network) -> Any:
    """Return the equations of the neuron that learns."""
    return as_instance(network.nodes["output"], "output", Population, "a Population").cell


def parameters_of(network: Network) -> dict[str, float]:
    """Return the learnable numbers of the neuron itself, by name."""
    cell = cell_of(network)
    names = ("tau", "tau_u", "a", "b", "c", "threshold")
    return {name: float(np.asarray(getattr(cell, name))) for name in names if hasattr(cell, name)}
