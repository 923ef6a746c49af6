"""The network: per layer a projection with delays, a normalisation, and neurons."""

from dataclasses import replace
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from ...cells import HardReset, Threshold, leaky_integrator, lif
from ...connectivity import (
    Dense,
    LearnableDelays,
    LinearInterpolation,
    OneToOne,
    constant,
    kaiming_uniform,
)
from ...core import Input, Network, Projection, learnable_mask
from ...modulation import BatchNorm
from ...numerics import ArcTan, Euler
from ._plan import Mechanism, Plan

NARROW = 0.23


def layer(source: int, target: int, mechanism: Mechanism, longest: int, key):
    """Return the connectivity of one layer."""
    if mechanism is Mechanism.NONE or longest == 0:
        return Dense(source, target)
    delay = jax.random.uniform(key, (source, target), maxval=float(longest))
    if mechanism is Mechanism.FIXED:
        return whole(LearnableDelays(jnp.round(delay), longest=longest))
    width = longest / 2 if mechanism is Mechanism.LEARNED else NARROW
    return LearnableDelays(delay, longest=longest, width=width)


def whole(connectivity):
    """Return a connectivity with its delays at whole lags, each a single one."""
    if not isinstance(connectivity, LearnableDelays):
        return connectivity
    return LearnableDelays(
        connectivity.delay, connectivity.longest, 0.0, 1.0, LinearInterpolation()
    )


def build(features: int, classes: int, plan: Plan, mechanism: Mechanism, key) -> Network:
    """Return the network: per layer a projection with delays, a normalisation, and neurons.

    **Arguments:** `features`, the number of input channels; `classes`; `plan`; `mechanism`; `key`.
    """
    neurons = {
        "tau": plan.tau,
        "reset": HardReset(),
        "emission": Threshold(ArcTan(5.0)),
        "integrator": Euler(),
    }
    nodes: dict[str, Any] = {"input": Input(features)}
    projections, source = [], "input"
    for index, size in enumerate(plan.hidden, start=1):
        key, delay_key, weight_key = jax.random.split(key, 3)
        norm, name, width = f"norm{index}", f"hidden{index}", nodes[source].shape[0]
        connectivity = layer(width, size, mechanism, plan.longest, delay_key)
        relay = OneToOne(size)
        weight = kaiming_uniform(connectivity, weight_key)
        projections.append(Projection(source, norm, connectivity, weight))
        projections.append(Projection(norm, name, relay, constant(relay, 1.0)))
        nodes |= {norm: BatchNorm(size), name: lif(size, **neurons)}
        source = name
    _, delay_key, weight_key = jax.random.split(key, 3)
    longest = plan.longest if plan.readout_delays else 0
    connectivity = layer(nodes[source].shape[0], classes, mechanism, longest, delay_key)
    weight = kaiming_uniform(connectivity, weight_key)
    projections.append(Projection(source, "readout", connectivity, weight))
    nodes["readout"] = leaky_integrator(classes, tau=plan.tau, integrator=Euler())
    return Network(nodes, tuple(projections), "readout")


def trainable(mechanism: Mechanism, network: Network):
    """Return flags: weights and gains, delays where they are learnt; relays pass on unchanged."""
    flags = learnable_mask(network)
    for index, projection in enumerate(network.projections):
        if projection.source.startswith("norm"):
            flags = eqx.tree_at(lambda f, i=index: f.projections[i].weight, flags, False)
        elif mechanism is Mechanism.FIXED and isinstance(projection.connectivity, LearnableDelays):
            flags = eqx.tree_at(
                lambda f, i=index: f.projections[i].connectivity.delay, flags, False
            )
    return flags


def count_trained(network: Network, mechanism: Mechanism) -> int:
    """Return how many numbers training changes."""
    return sum(x.size for x in jax.tree.leaves(eqx.filter(network, trainable(mechanism, network))))


def as_large_without_delays(plan: Plan, features: int, classes: int) -> Plan:
    """Return the plan with as many neurons as make up, without delays, for what delays would add.

    Weights and delays both count, whether they are trained or not, and so do gains and biases.
    """

    def numbers(hidden, per_synapse):
        sizes = (features, *hidden, classes)
        synapses = [n * m for n, m in zip(sizes, sizes[1:], strict=False)]
        into_readout = per_synapse if plan.readout_delays else 1
        return per_synapse * sum(synapses[:-1]) + into_readout * synapses[-1] + 2 * sum(hidden)

    wanted, found, wider = numbers(plan.hidden, 2), plan.hidden, plan.hidden
    while numbers(wider, 1) < wanted:
        found, wider = wider, tuple(size + 1 for size in wider)
    is_nearer = wanted - numbers(found, 1) < numbers(wider, 1) - wanted
    return replace(plan, hidden=found if is_nearer else wider)


def with_whole_delays(network: Network) -> Network:
    """Return the network as it is used after training."""
    return eqx.tree_at(
        lambda n: [p.connectivity for p in n.projections],
        network,
        [whole(p.connectivity) for p in network.projections],
    )
