"""Two pools that compete for a choice, built from parts of the library."""

import jax.numpy as jnp

from ...coding import PoissonCount
from ...connectivity import OneToOne, ProjectionDelay, UniformBlocks
from ...core import Input, Network, Projection
from ._neurons import INTERNEURON, PYRAMIDAL, SLOW, Gate, neurons

PYRAMIDAL_CELLS, INTERNEURONS, SELECTIVE = 1600, 400, 0.15
BACKGROUND, POTENTIATED = 2400.0, 1.7  # Hz
RESET, GABA = -55.0, 5.0  # mV, ms
# Conductances onto pyramidal cells and onto interneurons (uS), for 1,600 and 400 neurons.
EXTERNAL = (2.1e-3, 1.62e-3)
RECURRENT_AMPA = (0.05e-3, 0.04e-3)
RECURRENT_NMDA = (0.165e-3, 0.13e-3)
RECURRENT_GABA = (1.3e-3, 1.0e-3)


def groups_of(pyramidal: int) -> tuple[int, int, int]:
    """Return how many neurons prefer one direction, the other, and neither."""
    pool = round(SELECTIVE * pyramidal)
    return pool, pool, pyramidal - 2 * pool


def strengths() -> jnp.ndarray:
    """Return how much stronger synapses are than on average, by group of source and target.

    Weakened so that the mean over the sources of a selective neuron is one.
    """
    weak = 1.0 - SELECTIVE * (POTENTIATED - 1.0) / (1.0 - SELECTIVE)
    return jnp.array(
        [[POTENTIATED, weak, 1.0], [weak, POTENTIATED, 1.0], [weak, weak, 1.0]], jnp.float32
    )


def build_decision(fraction: float = 1.0, gate: Gate = SLOW) -> Network:
    """Return the network; its input is the rate (Hz) that evidence adds to either pool.

    **Arguments:** `fraction`, of the neurons of the paper: conductances grow as their number falls;
    `gate`, the slow channels.
    """
    pyramidal, interneurons = round(PYRAMIDAL_CELLS * fraction), round(INTERNEURONS * fraction)
    groups, all_exc, all_inh = groups_of(pyramidal), (pyramidal,), (interneurons,)
    late, scale = ProjectionDelay(1), 1.0 / fraction

    def uniform(source, target, sources, targets, conductance, delay=late, table=None):
        table = jnp.ones((len(sources), len(targets))) if table is None else table
        connectivity = UniformBlocks(sources, targets, **({"delay": delay} if delay else {}))
        return Projection(source, target, connectivity, conductance * scale * table)

    def own(source, target, size, weight, **delay):
        return Projection(source, target, OneToOne(size, **delay), jnp.full(size, weight))

    nodes = {
        "evidence": Input(2),
        "background_exc": PoissonCount(pyramidal, BACKGROUND),
        "background_inh": PoissonCount(interneurons, BACKGROUND),
        "exc": neurons(pyramidal, PYRAMIDAL, RESET, GABA),
        "inh": neurons(interneurons, INTERNEURON, RESET, GABA),
        "gate": gate.node(pyramidal),
    }
    to_pools = UniformBlocks((1, 1), groups)
    nmda = [gate.factor * conductance for conductance in RECURRENT_NMDA]
    among = {"table": strengths()}
    projections = (
        Projection("evidence", "background_exc.rate", to_pools, jnp.eye(2, 3)),
        own("background_exc", "exc.external", pyramidal, EXTERNAL[0]),
        own("background_inh", "inh.external", interneurons, EXTERNAL[1]),
        own("exc", "gate", pyramidal, 1.0, delay=late),
        uniform("exc", "exc.ampa", groups, groups, RECURRENT_AMPA[0], **among),
        uniform("exc", "inh.ampa", all_exc, all_inh, RECURRENT_AMPA[1]),
        uniform("gate", "exc.nmda", groups, groups, nmda[0], None, **among),
        uniform("gate", "inh.nmda", all_exc, all_inh, nmda[1], None),
        uniform("inh", "exc.gaba", all_inh, all_exc, RECURRENT_GABA[0]),
        uniform("inh", "inh.gaba", all_inh, all_inh, RECURRENT_GABA[1]),
    )
    return Network(nodes, projections, "exc")
