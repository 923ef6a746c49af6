"""What is compared: parameters, currents and wiring, which both simulators build from this file.

It needs NumPy alone, whose `RandomState` gives the same numbers in all versions. Units: ms, mV, nA,
nF, uS, MOhm.
"""

from typing import NamedTuple

import numpy as np

DURATION = 1000.0  # ms

LIF = {"tau": 20.0, "rest": -60.0, "threshold": -50.0, "reset": -60.0, "resistance": 100.0}
LIF_REFRACTORY = 5.0

IZHIKEVICH = {"a": 0.02, "b": 0.2, "c": -65.0, "d": 8.0, "peak": 30.0}

# Brette and Gerstner 2005, doi:10.1152/jn.00686.2005
ADEX = {
    "capacitance": 0.281,
    "conductance": 0.03,
    "rest": -70.6,
    "threshold": -50.4,
    "slope": 2.0,
    "tau": 144.0,
    "a": 0.004,
    "b": 0.0805,
    "reset": -70.6,
    "peak": 0.0,
}

AREA = 2e-4  # cm2, so that 1 uF/cm2 is 0.2 nF and 1 mS/cm2 is 0.2 uS

# Hodgkin and Huxley 1952, doi:10.1113/jphysiol.1952.sp004764, for a rest of -65 mV
HODGKIN_HUXLEY = {
    "capacitance": 1e3 * AREA,
    "sodium": 120e3 * AREA,
    "potassium": 36e3 * AREA,
    "leak": 0.3e3 * AREA,
    "sodium_reversal": 50.0,
    "potassium_reversal": -77.0,
    "leak_reversal": -54.387,
    "threshold": -20.0,
}

# Brette et al. 2007, doi:10.1007/s10827-007-0038-6, appendix 2, benchmark 3
TRAUB_MILES = {
    "capacitance": 1e3 * AREA,
    "sodium": 100e3 * AREA,
    "potassium": 30e3 * AREA,
    "leak": 0.05e3 * AREA,
    "sodium_reversal": 50.0,
    "potassium_reversal": -90.0,
    "leak_reversal": -60.0,
    "shift": -63.0,
    "threshold": -20.0,
}


class Stimulus(NamedTuple):
    """A step from 100 to 900 ms, and noise that holds each value for 0.1 ms."""

    step: float
    mean: float
    spread: float
    seed: int

    def over_time(self, dt: float) -> np.ndarray:
        """Return the current of every tick, `[time, 2]`: the step and the noise."""
        ticks = round(DURATION / dt)
        time = np.arange(ticks) * dt
        step = np.where((time >= 100.0) & (time < 900.0), self.step, 0.0)
        values = np.random.RandomState(self.seed).standard_normal(round(DURATION / 0.1))
        noise = self.mean + self.spread * np.repeat(values, round(0.1 / dt))
        return np.stack([step, noise], 1)


# name: (time step, keep the potential of every so-many-th tick, stimulus)
CELLS = {
    "lif": (0.1, 50, Stimulus(0.15, 0.1, 0.6, 1)),
    "izhikevich": (0.1, 50, Stimulus(10.0, 4.0, 20.0, 2)),
    "adex": (0.1, 50, Stimulus(0.8, 0.6, 2.0, 3)),
    "adex_forward_euler": (0.1, 50, Stimulus(0.8, 0.6, 2.0, 3)),
    "hodgkin_huxley": (0.01, 500, Stimulus(2.0, 1.0, 5.0, 4)),
    "traub_miles": (0.01, 500, Stimulus(0.3, 0.15, 1.5, 5)),
}

NEURONS, EXCITATORY = 100, 80
NETWORK_DT = 0.1
NETWORK_REFRACTORY = 2.0
LONGEST = 50  # ticks; the shortest delay is 1
EXCITATION = {"tau": 5.0, "reversal": 0.0}
INHIBITION = {"tau": 10.0, "reversal": -80.0}
RELEASE = {"utilisation": 0.3, "recovery": 100.0, "facilitation": 200.0}

# mean weights: of a conductance (uS), a current (nA), a jump (mV)
WEIGHTS = {
    "conductance": (0.0004, 0.0007),
    "current": (0.02, 0.02),
    "jump": (0.6, 1.2),
    "release": (0.0015, 0.0005),
}


class Wiring(NamedTuple):
    """Edges in the order of their sources, and what differs from neuron to neuron.

    `ticks` is the number of ticks from the one in which the source spikes to the one in which the
    arrival acts on the target. The first `EXCITATORY` neurons excite.
    """

    source: np.ndarray
    target: np.ndarray
    ticks: np.ndarray
    weight: np.ndarray
    bias: np.ndarray
    start: np.ndarray


def wiring(kind: str) -> Wiring:
    """Return the network of one kind of synapse."""
    random = np.random.RandomState(7)
    is_edge = random.random_sample((NEURONS, NEURONS)) < 0.2
    is_edge[np.arange(NEURONS), np.arange(NEURONS)] = False
    source, target = np.nonzero(is_edge)
    ticks = random.randint(1, LONGEST + 1, len(source))
    size = random.uniform(0.5, 1.5, len(source))
    excitation, inhibition = WEIGHTS[kind]
    weight = size * np.where(source < EXCITATORY, excitation, inhibition)
    bias = random.uniform(0.13, 0.2, NEURONS)
    start = random.uniform(LIF["rest"], LIF["threshold"], NEURONS)
    return Wiring(source, target, ticks, weight, bias, start)
