"""The benchmark networks, as numbers: ms, mV, nF, uS, nA. Whoever builds one takes them from here.

Vogels and Abbott's networks as given by Brette et al. 2007 (doi:10.1007/s10827-007-0038-6): four
excitatory neurons to one inhibitory neuron, every pair connected with one probability, no delay
beyond the tick that every arrival takes, a time step of 0.1 ms. The probability is 80/N, so that a
neuron has 80 synapses on average whatever the size of the network, but for `coba_dense`.
"""

from typing import NamedTuple

DT = 0.1
IN_DEGREE = 80
INHIBITORY_SHARE = 0.2

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
COBAHH = {name: COBA[name] for name in ("capacitance", "leak", "rest", "excitation", "inhibition")}
COBAHH |= {
    "start": COBA["start"],
    "sodium": 20.0,
    "potassium": 6.0,
    "sodium_reversal": 50.0,
    "potassium_reversal": -90.0,
    "shift": -63.0,
    "detection": -20.0,
}

# As COBA with every tenth pair connected. So many synapses end activity that nothing drives (within
# 100 ms, or it grows to 190 Hz, for 36 pairs of weights from 0.04 to 0.7 of COBA's). So neurons are
# driven above threshold, and the weights are divided by `weights_over` times the mean number of
# synapses: at 0.25, populations fire at COBA's 19 to 20 Hz, and asynchronously.
COBA_DENSE = COBA | {"rest": -30.0, "connected": 0.1, "weights_over": 0.25}

MODELS = {"coba": COBA, "cuba": CUBA, "cobahh": COBAHH, "coba_dense": COBA_DENSE}
SIZES = {
    "coba": (4_000, 40_000, 400_000, 1_000_000),
    "cuba": (4_000, 40_000, 400_000, 1_000_000),
    "cobahh": (4_000, 40_000),
    "coba_dense": (4_000, 40_000),
}
KINDS = {"coba": "coba", "cuba": "cuba", "cobahh": "hh", "coba_dense": "coba"}
"""The equations of each network."""


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
    def kind(self) -> str:
        """The equations: `coba`, `cuba` or `hh`."""
        return KINDS[self.model]

    @property
    def probability(self) -> float:
        """Of a synapse, for every pair of neurons."""
        return MODELS[self.model].get("connected", IN_DEGREE / self.neurons)

    @property
    def in_degree(self) -> float:
        """The mean number of synapses of a neuron."""
        return self.probability * self.neurons

    @property
    def numbers(self) -> dict:
        """Those of the network, with the weights of its number of synapses."""
        numbers = MODELS[self.model]
        if "weights_over" not in numbers:
            return numbers
        factor = 1.0 / (numbers["weights_over"] * self.in_degree)
        ports = {name: dict(numbers[name]) for name in ("excitation", "inhibition")}
        for port in ports.values():
            port["weight"] *= factor
        return numbers | ports


class Run(NamedTuple):
    """One run: seconds for the timed ticks alone, firing rate (Hz) in them, highest memory (MB).

    `create_s` is what the run spent on making neurons and synapses, where it makes them anew.
    """

    seconds: float
    rate: float
    peak_mb: float
    create_s: float = 0.0
