"""The benchmark networks, as numbers: ms, mV, nF, uS, nA. Whoever builds one takes them from here.

Vogels and Abbott's networks as given by Brette et al. 2007 (doi:10.1007/s10827-007-0038-6): four
excitatory neurons to one inhibitory neuron, every pair connected with one probability, no delay
beyond the tick that every arrival takes, a time step of 0.1 ms. The probability is 80/N, so that a
neuron has 80 synapses on average whatever the size of the network.
"""

from typing import NamedTuple

DT = 0.1
IN_DEGREE = 80
INHIBITORY_SHARE = 0.2
SIZES = (4_000, 40_000, 400_000, 1_000_000)

# Leaky integrate-and-fire with conductance synapses. At the start potentials and conductances are
# drawn, normal with this mean and spread (conductances below zero are zero). They are wide, so that
# the first spikes are spread over time: of 4,000 neurons that begin more alike, activity dies out
# with every second seed before it sustains itself, with these it did with none of six.
COBA = {
    "capacitance": 0.2,
    "leak": 0.01,
    "rest": -60.0,
    "threshold": -50.0,
    "reset": -60.0,
    "refractory": 5.0,
    "excitation": {"weight": 0.006, "tau": 5.0, "reversal": 0.0},
    "inhibition": {"weight": 0.067, "tau": 10.0, "reversal": -80.0},
    "start": {"v": (-80.0, 20.0), "excitation": (0.02, 0.04), "inhibition": (0.1, 0.2)},
}

# Leaky integrate-and-fire whose synapses jump a current, given as the mV that it drives v to. At
# the start potentials are uniform from reset to threshold.
CUBA = {
    "tau": 20.0,
    "rest": -49.0,
    "threshold": -50.0,
    "reset": -60.0,
    "refractory": 5.0,
    "excitation": {"weight": 1.62, "tau": 5.0},
    "inhibition": {"weight": -9.0, "tau": 10.0},
}

# As COBA, with Traub and Miles' sodium and potassium currents in place of threshold and reset; all
# gates are closed at the start. A spike is counted where v passes `detection` upwards.
HH_COBA = {name: COBA[name] for name in ("capacitance", "leak", "rest", "excitation", "inhibition")}
HH_COBA |= {
    "start": COBA["start"],
    "sodium": 20.0,
    "potassium": 6.0,
    "sodium_reversal": 50.0,
    "potassium_reversal": -90.0,
    "shift": -63.0,
    "detection": -20.0,
}

MODELS = {"coba": COBA, "cuba": CUBA, "hh": HH_COBA}


class Task(NamedTuple):
    """What a worker is asked to build and run; times in ms of biological time.

    `precision` is `single` or `double`; `warm` runs before what is timed.
    """

    model: str
    neurons: int
    precision: str
    threads: int
    seed: int
    warm: float
    timed: float

    @property
    def ticks(self) -> int:
        """How many ticks are timed."""
        return round(self.timed / DT)

    @property
    def excitatory(self) -> int:
        """How many neurons, the first ones, excite."""
        return self.neurons - round(self.neurons * INHIBITORY_SHARE)

    @property
    def probability(self) -> float:
        """Of a synapse, for every pair of neurons."""
        return IN_DEGREE / self.neurons


class Run(NamedTuple):
    """One run: seconds for the timed ticks alone, firing rate (Hz) in them, highest memory (MB).

    `create_s` is what the run spent on making neurons and synapses, where it makes them anew.
    """

    seconds: float
    rate: float
    peak_mb: float
    create_s: float = 0.0
