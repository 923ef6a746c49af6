"""The connectome as a network; ms, mV, uS, nA."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ...cells import leaky_integrator
from ...connectivity import Dense, OneToOne, ProjectionDelay
from ...core import Network, Projection, Record, RunState, simulate
from ...synapses import Conductance, gap_junction
from ._electrode import Electrode
from ._release import HALF, GradedRelease

LEAK, REST, UNIT = 1e-5, -35.0, 1e-4  # uS, mV, uS of one synapse or gap junction
TAU, EXCITE, INHIBIT = 100.0, 0.0, -48.0  # ms (1 pF), mV, mV
DT, DURATION, CURRENT, EVERY = 2.0, 500.0, 0.01, 5  # ms, ms, nA, ticks


class Connectome(NamedTuple):
    """Numbers of synapses `[pre, post]`, of gap junctions (symmetric), and signs `[pre]`."""

    chemical: np.ndarray
    electrical: np.ndarray
    signs: np.ndarray


def resting(found: Connectome) -> np.ndarray:
    """Return the potentials at which currents balance while all synapses are half activated."""
    chemical, gaps = found.chemical.T * UNIT, found.electrical.T * UNIT
    open_ = HALF * chemical
    reversal = np.where(found.signs > 0, EXCITE, INHIBIT)
    total = LEAK + open_.sum(1) + gaps.sum(1)
    return np.linalg.solve(np.diag(total) - gaps, LEAK * REST + open_ @ reversal)


def build(found: Connectome) -> Network:
    """Return the network of a connectome; synapses take the sign of their neuron."""
    size, late = len(found.signs), ProjectionDelay(1)
    wires, gaps = Dense(size, size), Dense(size, size, delay=late)
    conductance = jnp.asarray(found.electrical * UNIT, jnp.float32)
    sign = found.signs[:, None]
    weights = {
        port: jnp.asarray(np.where(which, found.chemical * UNIT, 0.0), jnp.float32)
        for port, which in (("excite", sign > 0), ("inhibit", sign < 0))
    }
    cells = leaky_integrator(
        size,
        tau=TAU,
        rest=REST,
        resistance=1.0 / LEAK,
        receptors={
            "current": Electrode(),
            "excite": Conductance(EXCITE),
            "inhibit": Conductance(INHIBIT),
            "gap": gap_junction(gaps, conductance),
        },
    )
    release = GradedRelease(jnp.asarray(resting(found), jnp.float32))
    return Network(
        {"cells": cells, "release": release},
        (
            Projection("cells.v", "release.v", OneToOne(size, delay=late), jnp.ones(size)),
            Projection("cells.v", "cells.gap", gaps, conductance),
            *(Projection("release", f"cells.{port}", wires, w) for port, w in weights.items()),
        ),
        "cells",
    )


def potentials(found: Connectome, driven: Sequence) -> np.ndarray:
    """Return deviations from an undriven run, `[time, driven, neuron]` (mV), every 10 ms.

    `driven` are neurons, or groups of neurons that are driven together.
    """
    network, key, size = build(found), jax.random.key(0), len(found.signs)
    start = jnp.asarray(resting(found), jnp.float32)
    rest = network.init(key=key)
    cells = rest.nodes["cells"]
    nodes = {**rest.nodes, "cells": cells._replace(cells={"v": start})}
    past = {name: jnp.broadcast_to(start, value.shape) for name, value in rest.histories.items()}
    rest = rest._replace(nodes=nodes, histories=past)
    batch = len(driven) + 1
    rest = jax.tree.map(lambda x: jnp.broadcast_to(x, (batch, *x.shape)), rest)
    current = np.zeros((round(DURATION / DT), batch, size), np.float32)
    for sample, neurons in enumerate(driven):
        current[:, sample, neurons] = CURRENT
    _, records = simulate(
        network,
        {"cells.current": current},
        dt=DT,
        key=key,
        state=RunState(rest, jnp.zeros((), jnp.int32)),
        output=Record("output", every=EVERY),
    )
    v = np.asarray(records.output, float)
    return v[:, :-1] - v[:, -1:]


def responses(found: Connectome, driven: np.ndarray) -> np.ndarray:
    """Return the deviation of largest magnitude, `[driven, neuron]` (mV)."""
    v = potentials(found, driven)
    return np.take_along_axis(v, np.abs(v).argmax(0)[None], 0)[0]
