"""The numbers of the two networks: ms, mV, uS, nA."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from ...core import Receptor
from ...synapses import ExponentialConductance, ExponentialCurrent

TAU, THRESHOLD, RESET, REFRACTORY = 20.0, -50.0, -60.0, 5.0
IN_DEGREE, INHIBITORY_SHARE = 80, 0.2


class Model(NamedTuple):
    """What differs between the networks.

    `rest` of the membranes; `resistance`, MOhm; `weights`, by the population that sends;
    `receptors`, a function that returns those of a neuron, by the same names; `drawn`, a function
    of a state at rest and a key that returns the state in which a run begins.
    """

    rest: float
    resistance: float
    weights: Mapping[str, float]
    receptors: Callable[[], Mapping[str, Receptor]]
    drawn: Callable[[Any, jax.Array], Any]


def conductances() -> dict[str, Receptor]:
    """Return the receptors of synapses that open channels."""
    return {
        "exc": ExponentialConductance(5.0, reversal=0.0),
        "inh": ExponentialConductance(10.0, reversal=-80.0),
    }


def currents() -> dict[str, Receptor]:
    """Return the receptors of synapses that pass currents."""
    return {"exc": ExponentialCurrent(5.0), "inh": ExponentialCurrent(10.0)}


def with_wide_conductances(state: Any, key: jax.Array) -> Any:
    """Return a state with potentials and conductances so wide that first spikes are spread out.

    The waves that follow a narrower start, or more excitation, end in silence with many seeds
    before activity sustains itself.
    """
    size = state.cells["v"].shape
    v, exc, inh = (jax.random.normal(own, size) for own in jax.random.split(key, 3))
    opened = {"exc": 0.01 + 0.03 * exc, "inh": 0.1 + 0.2 * inh}
    receptors = {name: jnp.maximum(g, 0.0) for name, g in opened.items()}
    return state._replace(cells={"v": -80.0 + 20.0 * v}, receptors=receptors)


def with_uniform_potentials(state: Any, key: jax.Array) -> Any:
    """Return a state with potentials anywhere between reset and threshold."""
    size = state.cells["v"].shape
    v = jax.random.uniform(key, size, minval=RESET, maxval=THRESHOLD)
    return state._replace(cells={"v": v})


MODELS = {
    "coba": Model(
        rest=-60.0,
        resistance=100.0,
        weights={"exc": 0.006, "inh": 0.067},
        receptors=conductances,
        drawn=with_wide_conductances,
    ),
    # Of 1 MOhm, so that a current in nA is the mV that it drives the membrane to.
    "cuba": Model(
        rest=-49.0,
        resistance=1.0,
        weights={"exc": 1.62, "inh": -9.0},
        receptors=currents,
        drawn=with_uniform_potentials,
    ),
}
