"""The neuron, what it is compared with, and what of it is trained."""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp

from ...cells import ELM, LSTM, leaky_integrator
from ...connectivity import Dense, OneToOne
from ...core import Input, Link, Node, chain, learnable_mask
from ._plan import Mechanism, Plan


def as_it_is(x):
    """Return x."""
    return x


def build(channels: int, classes: int, plan: Plan, mechanism: Mechanism, key) -> Node:
    """Return a neuron with one output per class, or what is in its place."""
    options = {
        "units": plan.units,
        "tau_min": plan.tau_min,
        "tau_max": plan.tau_max,
        "tau": plan.tau,
        "version": plan.version,
    }
    if mechanism is Mechanism.FAST:
        options["tau_max"] = max(10.0, 1.01 * plan.tau_min)
    if mechanism is Mechanism.LINEAR:
        options |= {"depth": 0, "squash": as_it_is}
    neuron = ELM(channels, classes, **options, key=key)
    if mechanism is not Mechanism.LSTM:
        return neuron
    size = _size_of_lstm(channels, classes, count_trained(neuron, learnable_mask(neuron)))
    keys = jax.random.split(key)
    longest = max(2, round(plan.tau_max / plan.dt))  # both begin with memories as long
    lstm = LSTM(channels, size, longest=longest, key=keys[0])
    readout = leaky_integrator(classes, tau=plan.tau)
    wires = Link(OneToOne(channels), jnp.ones(channels))
    return chain(Input(channels), wires, lstm, Dense(size, classes), readout, key=keys[1])


def _size_of_lstm(channels, classes, parameters):
    """Return how many units have as many parameters: 4 n (n + channels + 1) + n classes."""
    linear = 4 * (channels + 1) + classes
    return max(1, round(((linear**2 + 16 * parameters) ** 0.5 - linear) / 8))


@functools.cache
def trained(learn_tau: bool):
    """Return the function that says what of a node is trained."""

    def flags(node):
        mask = learnable_mask(node)
        if learn_tau and isinstance(node, ELM):
            mask = eqx.tree_at(lambda m: m.memory.proto_tau, mask, True)
        return mask

    return flags


def count_trained(node: Node, flags) -> int:
    """Return how many numbers training changes."""
    return sum(x.size for x in jax.tree.leaves(eqx.filter(node, flags)))
