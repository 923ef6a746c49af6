"""The numbers of the four networks: ms, mV, uS, nA, nF."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from ...cells import AbsoluteRefractory, HardReset, lif, traub_miles
from ...core import Delta, Population, Receptor
from ...synapses import ExponentialConductance, ExponentialCurrent

TAU, THRESHOLD, RESET, REFRACTORY = 20.0, -50.0, -60.0, 5.0
IN_DEGREE, INHIBITORY_SHARE = 80, 0.2


class Model(NamedTuple):
    """What differs between the networks.

    `population`, a function of a size that returns neurons with the ports `exc` and `inh`;
    `weights`, by the population that sends; `drawn`, a function of a state at rest and a key that
    returns the state in which a run begins.
    """

    population: Callable[[int], Population]
    weights: Mapping[str, float]
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


def jumps() -> dict[str, Receptor]:
    """Return the receptors of synapses that shift the potential at once."""
    return {"exc": Delta(), "inh": Delta()}


def integrate_and_fire(
    size: int, rest: float, resistance: float, receptors: Callable[[], Mapping[str, Receptor]]
) -> Population:
    """Return leaky neurons with a threshold, of one rest and resistance (MOhm)."""
    return lif(
        size,
        tau=TAU,
        rest=rest,
        threshold=THRESHOLD,
        resistance=resistance,
        reset=HardReset(RESET),
        refractory=AbsoluteRefractory(REFRACTORY),
        receptors=receptors(),
    )


def with_channels(size: int) -> Population:
    """Return neurons that make their own spikes, with the membrane of `coba`."""
    return traub_miles(
        size,
        capacitance=0.2,
        sodium=20.0,
        potassium=6.0,
        leak=0.01,
        sodium_reversal=50.0,
        potassium_reversal=-90.0,
        leak_reversal=-60.0,
        rest=-60.0,
        shift=-63.0,
        receptors=conductances(),
    )


def with_wide_conductances(state: Any, key: jax.Array) -> Any:
    """Return a state with potentials and conductances so wide that first spikes are spread out.

    The waves that follow a narrower start, or more excitation, end in silence with many seeds
    before activity sustains itself.
    """
    size = state.cells["v"].shape
    v, exc, inh = (jax.random.normal(own, size) for own in jax.random.split(key, 3))
    opened = {"exc": 0.01 + 0.03 * exc, "inh": 0.1 + 0.2 * inh}
    receptors = {name: jnp.maximum(g, 0.0) for name, g in opened.items()}
    return state._replace(cells={**state.cells, "v": -80.0 + 20.0 * v}, receptors=receptors)


def with_uniform_potentials(state: Any, key: jax.Array) -> Any:
    """Return a state with potentials anywhere between reset and threshold."""
    size = state.cells["v"].shape
    v = jax.random.uniform(key, size, minval=RESET, maxval=THRESHOLD)
    return state._replace(cells={**state.cells, "v": v})


MODELS = {
    "coba": Model(
        partial(integrate_and_fire, rest=-60.0, resistance=100.0, receptors=conductances),
        weights={"exc": 0.006, "inh": 0.067},
        drawn=with_wide_conductances,
    ),
    # Of 1 MOhm, so that a current in nA is the mV that it drives the membrane to.
    "cuba": Model(
        partial(integrate_and_fire, rest=-49.0, resistance=1.0, receptors=currents),
        weights={"exc": 1.62, "inh": -9.0},
        drawn=with_uniform_potentials,
    ),
    "cobahh": Model(
        with_channels,
        weights={"exc": 0.006, "inh": 0.067},
        drawn=with_wide_conductances,
    ),
    "cubadelta": Model(
        partial(integrate_and_fire, rest=-49.0, resistance=1.0, receptors=jumps),
        weights={"exc": 0.25, "inh": -2.25},
        drawn=with_uniform_potentials,
    ),
}
