"""What both networks are made of: neurons, and gates that stay open long. ms, mV, uS, nF."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ...cells import AbsoluteRefractory, HardReset, lif
from ...core import Current, Population
from ...synapses import BlockedConductance, ExponentialConductance, SaturatingGate

REST, THRESHOLD, INHIBITORY_REVERSAL = -70.0, -50.0, -70.0
AMPA, NMDA, RISE, ALPHA = 2.0, 100.0, 2.0, 0.5  # ms, ms, ms, 1/ms


class Membrane(NamedTuple):
    """Capacitance, leak and refractory period of a neuron."""

    capacitance: float
    leak: float
    refractory: float


PYRAMIDAL, INTERNEURON = Membrane(0.5, 0.025, 2.0), Membrane(0.2, 0.020, 1.0)


def neurons(size: int, membrane: Membrane, reset: float, gaba: float) -> Population:
    """Return leaky neurons with the ports `current`, `external`, `ampa`, `nmda` and `gaba`.

    **Arguments:** `size`; `membrane`; `reset` (mV); `gaba`, the decay of inhibition (ms).
    """
    return lif(
        size,
        tau=membrane.capacitance / membrane.leak,
        rest=REST,
        threshold=THRESHOLD,
        resistance=1.0 / membrane.leak,
        reset=HardReset(reset),
        refractory=AbsoluteRefractory(membrane.refractory),
        receptors={
            "external": ExponentialConductance(AMPA, reversal=0.0),
            "current": Current(),
            "ampa": ExponentialConductance(AMPA, reversal=0.0),
            "nmda": BlockedConductance(reversal=0.0, magnesium=1.0),
            "gaba": ExponentialConductance(gaba, reversal=INHIBITORY_REVERSAL),
        },
    )


class Gate(NamedTuple):
    """How the channels between excitatory neurons open.

    `node`, a function of a size; `factor`, on their conductance.
    """

    node: Callable[[int], SaturatingGate]
    factor: float


def slow_gate(size: int) -> SaturatingGate:
    """Return the kinetics of NMDA receptors."""
    return SaturatingGate(size, rise=RISE, decay=NMDA, alpha=ALPHA)


def fast_gate(size: int) -> SaturatingGate:
    """Return gates that close with the time constant of AMPA receptors and hardly saturate."""
    return SaturatingGate(size, rise=AMPA, decay=AMPA, alpha=FAINT)


FAINT = 0.01  # 1/ms
SLOW = Gate(slow_gate, 1.0)
WITHOUT = Gate(slow_gate, 0.0)


def fast_instead(rate: float) -> Gate:
    """Return fast channels that pass the mean current of slow ones at a rate (Hz)."""
    return Gate(fast_gate, mean_open(rate) / (rate / 1000.0 * FAINT * AMPA**2))


def mean_open(rate: float) -> float:
    r"""Return the mean share of slow channels that Poisson spikes of a rate (Hz) keep open.

    A spike opens the share $q = 1 - e^{-\alpha \tau_r}$ of those that are closed, and at random
    times the share open is the mean: $m / \tau_d = r\,q\,(1 - m)$.
    """
    drive = rate / 1000.0 * NMDA * -np.expm1(-ALPHA * RISE)
    return float(drive / (1.0 + drive))
