"""A valid call of every public name of the room that measures what was recorded."""

import jax.numpy as jnp
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
TRACES = np.cumsum(np.linspace(-1.0, 1.0, 60).reshape(20, 3) ** 3, axis=0)
TRUE = {"true": (TRACES[:, 0], 3.0)}
GENERATED = {"generated": (TRACES[:, 0], TRACES[:, :2], 3.0)}
PAIR = {"true": TRACES, "generated": TRACES[::-1]}


def compared(make, also, **more):
    return Call(
        make,
        PAIR | more,
        also=TRUE | GENERATED | also,
        nan_passes=("generated",),  # it is infinitely far
        named={"true": "generated"},
    )


PACKED = {"packed": np.zeros((4, 2), np.uint8), "n": 9}
LEAST = {"least": (0, 1)}
SPARSE = {"cells": 40, "active": 8, "synapses": 5}
FEWER = {"cells": (0, -1), "active": (0, 41), "synapses": (0, 41)}
NO_SYMBOLS = (0.5 * SPIKES, 1j * SPIKES, 3, SPIKES[:0])
TRIALS = np.random.default_rng(0).normal(size=(3, 40, 2))
ALSO_DT = {"dt": (0.0, -1.0)}
ANALYSIS = {
    "lempel_ziv_complexity": Call(
        analysis.lempel_ziv_complexity, {"sequences": SPIKES}, {"sequences": NO_SYMBOLS}
    ),
    "lempel_ziv_entropy_rate": Call(
        analysis.lempel_ziv_entropy_rate,
        {"sequences": SPIKES},
        {"sequences": (*NO_SYMBOLS, SPIKES[:1])},
    ),
    "NearestMean": Call(
        analysis.NearestMean, {"means": np.eye(2)}, {"means": (np.ones(2), np.ones((2, 2, 2)))}
    ),
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
    "overlap_distribution": Call(analysis.overlap_distribution, SPARSE, FEWER),
    "false_match": Call(
        analysis.false_match, SPARSE | {"threshold": 3}, FEWER | {"threshold": (0, -1)}
    ),
    "missed_match": Call(
        analysis.missed_match,
        {"active": 8, "synapses": 5, "threshold": 3, "replaced": 2},
        {"active": (0, 4), "synapses": (0, 9), "threshold": (0,), "replaced": (-1, 9)},
        named={"active": "synapses"},
    ),
    "union_synapses": Call(
        analysis.union_synapses,
        {"cells": 40, "synapses": 5, "patterns": 2},
        {"cells": (0, 4), "synapses": (0, 41), "patterns": (0,)},
        named={"cells": "synapses"},
    ),
    "autocorrelation": Call(
        analysis.autocorrelation,
        {"traces": TRIALS, "longest": 9},
        {"traces": (TRIALS[0], 3.0), "longest": (0, -1, 11)},
    ),
    "exponential_timescale": Call(
        analysis.exponential_timescale,
        {"correlation": np.exp(-np.arange(12.0))[:, None], "dt": 1.0},
        {"correlation": (np.ones((4, 1)), np.ones(12), 3.0), **ALSO_DT},
        nan_passes=("correlation",),
    ),
    "network_timescale": Call(
        analysis.network_timescale,
        {"traces": TRIALS, "dt": 1.0, "longest": 9, "resamples": 3, "seed": 0},
        {"traces": (TRIALS[0], 3.0), "longest": (0, -1, 11), "resamples": (0, -1), **ALSO_DT},
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
    "lyapunov_spectrum": Call(
        analysis.lyapunov_spectrum,
        {
            "step": jnp.sin,
            "state": np.ones(2),
            "steps": 20,
            "transient": 3,
            "segments": 5,
            "exponents": 2,
            "dt": 0.1,
        },
        also={
            "step": (lambda z: z[:1],),
            "steps": (0, 21),
            "segments": (0, 1, 6),
            "exponents": (0, 3),
            "dt": (0.0, -1.0),
        },
        allowed={"exponents": (None,)},
        named={"segments": "steps"},
    ),
    "kaplan_yorke_dimension": Call(
        analysis.kaplan_yorke_dimension,
        {"exponents": np.array([0.9, 0.0, -14.5])},
        {"exponents": (np.ones((2, 2)), 3.0)},
    ),
    "product_norms": Call(
        analysis.product_norms,
        {"jacobians": np.ones((4, 2, 2))},
        {"jacobians": (np.ones((4, 2, 3)), np.ones((2, 2)))},
    ),
    "attractor_distance": compared(
        analysis.attractor_distance,
        {"bins": (0, 10_000), "smoothing": (0.0, -1.0)},
        bins=5,
        smoothing=1e-5,
    ),
    "mixture_distance": compared(
        analysis.mixture_distance,
        {"variance": (0.0, -1.0), "samples": (0,), "most": (0,)},
        key=KEY,
        variance=1.0,
        samples=10,
        most=100,
    ),
    "spectral_distance": compared(
        analysis.spectral_distance,
        {"smoothing": (-1.0,), "generated": (TRACES[1:], TRACES[:, :2])},
        smoothing=2.0,
    ),
    "prediction_error": Call(
        analysis.prediction_error,
        {"forecast": lambda points, steps: points, "series": TRACES, "steps": 3},
        also={
            "forecast": (lambda points, steps: points[1:],),
            "series": (TRACES[:, 0], TRACES[:3], 3.0),
            "steps": (0, 20),
        },
        named={"steps": "series"},
    ),
    "delay_embedding": Call(
        analysis.delay_embedding,
        {"series": TRACES, "dimensions": 3, "lag": 2},
        also={"series": (3.0, TRACES[:4]), "dimensions": (0, 11), "lag": (0, 10)},
        named={"dimensions": "series", "lag": "series"},
    ),
}
