"""The numbers of the paper: ms, mV, pA, Hz; tables are `[target population, source population]`."""

import numpy as np

POPULATIONS = "L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I"
SIZES = np.array([20_683, 5_834, 21_915, 5_479, 4_850, 1_065, 14_395, 2_948])
PROBABILITIES = np.array(
    [
        [0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0000, 0.0076, 0.0000],
        [0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0000, 0.0042, 0.0000],
        [0.0077, 0.0059, 0.0497, 0.1350, 0.0067, 0.0003, 0.0453, 0.0000],
        [0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0000, 0.1057, 0.0000],
        [0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0000],
        [0.0548, 0.0269, 0.0257, 0.0022, 0.0600, 0.3158, 0.0086, 0.0000],
        [0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252],
        [0.0364, 0.0010, 0.0034, 0.0005, 0.0277, 0.0080, 0.0658, 0.1443],
    ]
)  # that at least one synapse joins two neurons
BACKGROUND = np.array([1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100])  # synapses from outside
BACKGROUND_RATE = 8.0

MEMBRANE, CAPACITANCE, SYNAPSE, REFRACTORY = 10.0, 250.0, 0.5, 2.0
REST, THRESHOLD = -65.0, -50.0  # a spike resets to rest
WEIGHT, WEIGHT_SPREAD = 87.8, 0.1  # the spread relative to the mean
INHIBITION, DOUBLED = -4.0, ("L23E", "L4E")  # relative to excitation; target and source
DELAYS = {"E": (1.5, 0.75), "I": (0.8, 0.4)}  # mean and spread, by the source
FIRST_POTENTIAL = -58.0, 10.0

# Of the full network: the table of the paper, and two releases of its implementation in NEST.
PUBLISHED = {
    "L23E": (0.86, 0.971, 0.903),
    "L23I": (2.80, 2.868, 2.965),
    "L4E": (4.45, 4.746, 4.414),
    "L4I": (5.93, 5.396, 5.876),
    "L5E": (7.59, 8.142, 7.569),
    "L5I": (8.63, 9.078, 8.633),
    "L6E": (1.09, 0.991, 1.105),
    "L6I": (7.88, 7.523, 7.829),
}


def is_excitatory() -> np.ndarray:
    """Return for each population whether it excites."""
    return np.array([name.endswith("E") for name in POPULATIONS])


def numbers() -> np.ndarray:
    """Return the synapses between populations, drawn one by one, that have the probabilities."""
    pairs = np.outer(SIZES, SIZES)
    return np.rint(np.log1p(-PROBABILITIES) / np.log1p(-1.0 / pairs))


def numbers_alike() -> np.ndarray:
    """Return as many synapses of each kind, E or I onto E or I, dealt to all layers alike.

    Any two neurons of one kind are connected with the same probability, whatever their layers.
    """
    kinds = np.stack([is_excitatory(), ~is_excitatory()], axis=1)
    pairs = np.outer(SIZES, SIZES)
    share = (kinds.T @ numbers() @ kinds) / (kinds.T @ pairs @ kinds)
    return np.rint(kinds @ share @ kinds.T * pairs)


def mean_weights(doubled: float = 2.0) -> np.ndarray:
    """Return the mean weight of each pair of populations, in pA; one pair's is `doubled` times."""
    table = np.where(is_excitatory(), WEIGHT, INHIBITION * WEIGHT) * np.ones((8, 1))
    table[tuple(map(POPULATIONS.index, DOUBLED))] *= doubled
    return table
