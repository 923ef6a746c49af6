"""A valid call of every public name of the room that measures what was recorded."""

import numpy as np

from neuropil import analysis

from ._calls_core import KEY
from ._corrupt import Call

SPIKES = (np.arange(60).reshape(20, 3) % 4 == 0).astype(float)
FORMS = {"spikes": SPIKES, "dt": 1.0}
WRONG = (SPIKES[:, 0], SPIKES[:, None], 2 * SPIKES, 3)
ALSO = {"spikes": WRONG, "dt": (0.0, -1.0), "bin": (0.0, -2.0, 1.5, 1e9)}


def measure(make, **more):
    arguments = FORMS | more
    return Call(make, arguments, {name: ALSO[name] for name in arguments if name in ALSO})


def pair(make, also, **more):
    wrong = {name: (*WRONG, SPIKES[1:], SPIKES[:, 1:]) for name in ("first", "second")}
    return Call(
        make,
        {"first": SPIKES, "second": SPIKES[::-1], "dt": 1.0, **more},
        also=wrong | {"dt": ALSO["dt"]} | also,
        named={"first": "second"},  # which of two that do not fit is wrong, nobody knows
    )


LAGS = {"bin": (0.0, -2.0, 1.5, 1e9), "longest": (0.0, -2.0, 3.0, 1e9)}
PACKED = {"packed": np.zeros((4, 2), np.uint8), "n": 9}
LEAST = {"least": (0, 1)}
ANALYSIS = {
    "Events": Call(
        analysis.Events,
        {"tick": np.array([3, 1]), "neuron": np.array([0, 1]), "ticks": 5, "size": 2},
        also={
            "tick": (np.array([5, 1]), np.array([-1, 1]), np.array([1.0, 2.0]), np.array([1])),
            "neuron": (np.array([2, 1]), np.array([[0, 1]]), np.array([1])),
            "ticks": (0, 3),
            "size": (0, 1),
        },
        named={"tick": "neuron", "ticks": "tick", "size": "neuron"},
    ),
    "events_of": Call(analysis.events_of, {"spikes": SPIKES}, {"spikes": WRONG}),
    "spikes_of": Call(analysis.spikes_of, {"events": analysis.events_of(SPIKES)}),
    "pack_spikes": Call(
        analysis.pack_spikes, {"spikes": SPIKES}, {"spikes": (2 * SPIKES, 1j * SPIKES, 1)}
    ),
    "unpack_spikes": Call(
        analysis.unpack_spikes,
        PACKED,
        {"n": (0, 8, 17), "packed": (SPIKES,)},
        named={"n": "packed"},
    ),  # fmt: skip
    "unpack_events": Call(
        analysis.unpack_events,
        PACKED,
        {"n": (0, 8, 17), "packed": (SPIKES,)},
        named={"n": "packed"},
    ),  # fmt: skip
    "rates": measure(analysis.rates),
    "population_rate": measure(analysis.population_rate, bin=2.0),
    "binned_counts": measure(analysis.binned_counts, bin=2.0),
    "fano_factor": measure(analysis.fano_factor, bin=2.0),
    "intervals": measure(analysis.intervals),
    "coefficient_of_variation": Call(
        analysis.coefficient_of_variation,
        {"spikes": SPIKES, "least": 2},
        {"spikes": WRONG} | LEAST,
    ),
    "local_variation": Call(
        analysis.local_variation,
        FORMS | {"refractory": 0.5, "least": 2},
        {"spikes": WRONG, "dt": ALSO["dt"], "refractory": (-1.0,)} | LEAST,
    ),
    "mean_correlation": measure(analysis.mean_correlation, bin=2.0),
    "pair_correlations": measure(analysis.pair_correlations, bin=2.0, pairs=2, key=KEY),
    "cross_correlogram": pair(analysis.cross_correlogram, LAGS, bin=2.0, longest=4.0),
    "autocorrelogram": Call(
        analysis.autocorrelogram,
        FORMS | {"bin": 2.0, "longest": 4.0},
        {"spikes": WRONG, "dt": ALSO["dt"]} | LAGS,
    ),
    "power_spectrum": Call(
        analysis.power_spectrum,
        {"signal": SPIKES, "dt": 1.0, "segment": 8.0},
        {"signal": (SPIKES[:, None], 3.0), "segment": (0.0, 1.0, 7.5, 1e9)},
    ),
    "synchrony": Call(
        analysis.synchrony, {"traces": SPIKES}, {"traces": (SPIKES[:, 0], SPIKES[:, None], 3.0)}
    ),
    "synchrony_of_counts": measure(analysis.synchrony_of_counts, bin=2.0),
    "population_vector": Call(
        analysis.population_vector,
        {"rates": np.ones((2, 3)), "angles": np.array([0.0, 120.0, 240.0])},
        also={"rates": (np.ones(2), -np.ones(3), 3.0), "angles": (np.ones((3, 1)), 3.0)},
        named={"rates": "angles"},
    ),
    "circular_difference": Call(
        analysis.circular_difference,
        {"one": np.array([0.0, 10.0]), "other": np.array([350.0, 20.0])},
        named={"one": "other"},
    ),
    "circular_mean": Call(
        analysis.circular_mean, {"angles": np.array([0.0, 90.0])}, {"angles": (3.0,)}
    ),
    "circular_spread": Call(
        analysis.circular_spread, {"angles": np.array([0.0, 90.0])}, {"angles": (3.0,)}
    ),
    "van_rossum_distance": pair(analysis.van_rossum_distance, {"tau": (0.0, -1.0)}, tau=5.0),
}
