"""The network: symbols, numbers for each, units that remember, a score for every next symbol."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array

from ...cells import EGRU, GRU, Units, beta_thresholds
from ...connectivity import Dense
from ...core import Input, Network, chain, learnable_mask
from ._plan import Plan, Unit

HIDDEN = "hidden1"


def build(symbols: int, plan: Plan, unit: Unit, key) -> Network:
    """Return the network; whichever its units, its weights are the same at first.

    A mean threshold of 0 or 1 is that of every unit.
    """
    own, others, thresholds = jax.random.split(key, 3)
    hidden: EGRU | GRU
    if unit is Unit.GRU:
        hidden = GRU(plan.embedding, plan.hidden, key=own)
    else:
        mean, size = plan.threshold, plan.hidden
        threshold = mean if mean in (0, 1) else beta_thresholds(size, mean, key=thresholds)
        hidden = EGRU(plan.embedding, size, threshold=threshold, key=own)
        same = GRU(plan.embedding, size, key=own)
        hidden = eqx.tree_at(
            lambda n: (n.weight, n.recurrent), hidden, (same.weight, same.recurrent)
        )
    return chain(
        Input(symbols),
        Dense(symbols, plan.embedding),
        hidden,
        Dense(plan.hidden, symbols),
        Units(symbols, jax.nn.identity),
        key=others,
    )


def recurrent(network: Any) -> Array:
    """Return the recurrent weights of the network."""
    return network.nodes[HIDDEN].recurrent


def listed(network: Network) -> Network:
    """Return the network as it is used once weights are pruned: with rows of what is left."""
    unit: Any = network.nodes[HIDDEN]
    return eqx.tree_at(lambda n: n.nodes[HIDDEN], network, unit.listed())


def numbers(network: Network) -> int:
    """Return how many numbers are trained, whatever the units: thresholds are not."""
    return sum(jnp.size(x) for x in jax.tree.leaves(eqx.filter(network, learnable_mask(network))))
