"""A ring of neurons that remembers a place, built from parts of the library."""

import jax.numpy as jnp
import numpy as np

from ...analysis import circular_difference
from ...coding import PoissonCount
from ...connectivity import Circulant, Dense, OneToOne, ProjectionDelay, UniformBlocks
from ...core import Input, Network, Projection
from ._neurons import INTERNEURON, PYRAMIDAL, SLOW, Gate, neurons

PYRAMIDAL_CELLS, INTERNEURONS = 2048, 512
BACKGROUND = 1800.0  # Hz
CUES, CUE_CURRENT, CUE_WIDTH = 8, 0.375, 6.0  # number, nA, degrees
RESET, GABA = -60.0, 10.0  # mV, ms
PEAK, WIDTH = 1.62, 14.4  # of the footprint: on its mean, and in degrees
# Conductances onto pyramidal cells and onto interneurons (uS), for 2,048 and 512 neurons.
EXTERNAL = (3.1e-3, 2.38e-3)
RECURRENT_NMDA = (0.381e-3, 0.292e-3)
RECURRENT_GABA = (1.336e-3, 1.024e-3)


def footprint(neurons: int) -> np.ndarray:
    """Return how much stronger synapses are than on average, by the way along the ring.

    A Gaussian on a constant, with mean one.
    """
    way = 360.0 * np.arange(neurons) / neurons
    near = np.exp(-((np.minimum(way, 360.0 - way) / WIDTH) ** 2) / 2.0)
    constant = (1.0 - PEAK * near.mean()) / (1.0 - near.mean())
    return constant + (PEAK - constant) * near


def directions(count: int) -> np.ndarray:
    """Return evenly spaced directions in degrees, from 0."""
    return 360.0 * np.arange(count) / count


def cue_currents(neurons: int) -> jnp.ndarray:
    """Return the currents (nA) of every cue into every neuron."""
    away = circular_difference(directions(CUES)[:, None], directions(neurons)) / CUE_WIDTH
    return jnp.asarray(CUE_CURRENT * np.exp(-(away**2) / 2.0), jnp.float32)


def build_ring(fraction: float = 1.0, gate: Gate = SLOW) -> Network:
    """Return the network; its input is 1 for the cue that is shown, else 0.

    **Arguments:** `fraction`, of the neurons of the paper: conductances grow as their number falls;
    `gate`, the slow channels.
    """
    pyramidal, interneurons = round(PYRAMIDAL_CELLS * fraction), round(INTERNEURONS * fraction)
    late, scale = ProjectionDelay(1), 1.0 / fraction

    def uniform(source, target, sizes, conductance, **delay):
        connectivity = UniformBlocks((sizes[0],), (sizes[1],), **delay)
        return Projection(source, target, connectivity, jnp.full((1, 1), conductance * scale))

    def own(source, target, size, weight, **delay):
        return Projection(source, target, OneToOne(size, **delay), jnp.full(size, weight))

    nodes = {
        "background_exc": PoissonCount(pyramidal, BACKGROUND),
        "background_inh": PoissonCount(interneurons, BACKGROUND),
        "cue": Input(CUES),
        "exc": neurons(pyramidal, PYRAMIDAL, RESET, GABA),
        "inh": neurons(interneurons, INTERNEURON, RESET, GABA),
        "gate": gate.node(pyramidal),
    }
    nmda = [gate.factor * conductance for conductance in RECURRENT_NMDA]
    around = jnp.asarray(nmda[0] * scale * footprint(pyramidal), jnp.float32)
    projections = (
        Projection("cue", "exc.current", Dense(CUES, pyramidal), cue_currents(pyramidal)),
        own("background_exc", "exc.external", pyramidal, EXTERNAL[0]),
        own("background_inh", "inh.external", interneurons, EXTERNAL[1]),
        own("exc", "gate", pyramidal, 1.0, delay=late),
        Projection("gate", "exc.nmda", Circulant(pyramidal), around),
        uniform("gate", "inh.nmda", (pyramidal, interneurons), nmda[1]),
        uniform("inh", "exc.gaba", (interneurons, pyramidal), RECURRENT_GABA[0], delay=late),
        uniform("inh", "inh.gaba", (interneurons, interneurons), RECURRENT_GABA[1], delay=late),
    )
    return Network(nodes, projections, "exc")
