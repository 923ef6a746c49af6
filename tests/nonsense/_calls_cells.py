"""A valid call of every cell that is more than a leaky membrane, and of their parts."""

import inspect

import numpy as np

from neuropil import cells, numerics

from ._calls_core import KEY, NOT_KEYS, NOT_POSITIVE, positive
from ._calls_parts import DEFAULTS, PARTS, SIZES
from ._corrupt import Call

AFTER = (cells.AfterSpikeCurrent(20.0, -0.1),)
GLIF = {"currents": AFTER, "adaptation": cells.ThresholdAdaptation(1.0)}
MAY_BE_NONE = {"adaptation": (None,)}
DETECTION = {"detection": cells.Crossing(0.0)}
GATES = DETECTION | {"kinetics": cells.SquidKinetics()}
PLACES = {"soma": (0.0, 1.0), "dendritic": ("input", 0.5, (1,))}
SOMA_AND_DENDRITE = DETECTION | {"dendritic": ("input",)}
MEMBRANE = ("capacitance", "conductance")
CHANNELS = ("capacitance", "sodium", "potassium", "leak")
CALCIUM = ("calcium", "calcium_width", "potassium_width", "rate")
PYRAMIDAL = ("calcium", "calcium_potassium", "afterhyperpolarisation", "coupling")
RECOVERY = ("b", "tau", "tau_recovery")


def numbers(make):
    """Return the parameters of a cell that are numbers, at their defaults."""
    found = inspect.signature(make).parameters.values()
    return {p.name: p.default for p in found if isinstance(p.default, float)}


def equations(make, *above_zero, **parts):
    return Call(
        make,
        numbers(make) | parts,
        positive(*above_zero) | (PLACES if make is cells.PinskyRinzel else {}),
        MAY_BE_NONE if "adaptation" in parts else {},
    )


def population(make, *above_zero, **parts):
    wrong = positive(*above_zero) | (PLACES if make is cells.pinsky_rinzel else {})
    also = {name: (*wrong.get(name, ()), np.full(3, 0.5)) for name in numbers(make)}
    return Call(
        make,
        {"size": (2, 2)} | numbers(make) | PARTS | parts,
        also | SIZES,
        DEFAULTS | MAY_BE_NONE | {"detection": (None,)},
    )


SLOW = {"tau_min": 1.0, "tau_max": 100.0, "gain": 5.0, "version": 2}
NOT_SLOW = positive("tau_min", "tau_max", "gain") | {"version": (0, 3)}

CELLS = {
    "AdEx": equations(cells.AdEx, *MEMBRANE, "slope", "tau"),
    "adex": population(cells.adex, *MEMBRANE, "slope", "tau"),
    "ExponentialIF": equations(cells.ExponentialIF, *MEMBRANE, "slope"),
    "eif": population(cells.eif, *MEMBRANE, "slope"),
    "QuadraticIF": equations(cells.QuadraticIF, "tau", "resistance", "curvature"),
    "qif": population(cells.qif, "tau", "resistance", "curvature"),
    "GLIF": equations(cells.GLIF, *MEMBRANE, **GLIF),
    "glif": population(cells.glif, *MEMBRANE, **GLIF),
    "HodgkinHuxley": equations(cells.HodgkinHuxley, *CHANNELS, **GATES),
    "hodgkin_huxley": population(cells.hodgkin_huxley, *CHANNELS, **DETECTION),
    "traub_miles": population(cells.traub_miles, *CHANNELS, **DETECTION),
    "LSTM": Call(
        cells.LSTM,
        {"inputs": 3, "size": 4, "longest": 100, "key": KEY},
        also={"inputs": (0,), "size": (0,), "longest": (0, 1), "key": NOT_KEYS},
        allowed={"longest": (None,)},
    ),
    "EGRU": Call(
        cells.EGRU,
        {"inputs": 3, "size": 4, "threshold": 0.1, "surrogate": numerics.Triangle(), "key": KEY},
        also={"inputs": (0,), "size": (0,), "threshold": (-0.1, 1.1, np.ones(3)), "key": NOT_KEYS},
        allowed={"threshold": (None, np.full(4, 0.2)), "surrogate": (None,)},
    ),
    "GRU": Call(
        cells.GRU,
        {"inputs": 3, "size": 4, "key": KEY},
        also={"inputs": (0,), "size": (0,), "key": NOT_KEYS},
    ),
    "beta_thresholds": Call(
        cells.beta_thresholds,
        {"size": 4, "mean": 0.1, "key": KEY},
        also={"size": (0,), "mean": (0.0, 1.0, -0.1, np.ones(2)), "key": NOT_KEYS},
    ),
    "ELM": Call(
        cells.ELM,
        {"inputs": 3, "outputs": 2, "size": (2,), "units": 4, "hidden": 5, "depth": 1}
        | SLOW
        | {"tau": 5.0, "routing": cells.window_routing(3, 2, 2), "key": KEY}
        | {"activation": np.tanh, "squash": np.tanh},
        also=NOT_SLOW
        | {name: (0,) for name in ("inputs", "outputs", "units", "hidden")}
        | {"tau": (*NOT_POSITIVE, np.full(3, 5.0)), "key": NOT_KEYS}
        | {"routing": (cells.window_routing(4, 2, 2),)},
        allowed={"size": ((),), "hidden": (None,), "routing": (None,)},
        named={"inputs": "routing"},
    ),
    "SlowMemory": Call(
        cells.SlowMemory, {"size": (2, 4)} | SLOW, also=NOT_SLOW | {"size": (0, (2, 0))}
    ),
    "BranchRouting": Call(
        cells.BranchRouting,
        {"inputs": 3, "source": np.array([[0, 1], [1, 2]]), "valid": np.ones((2, 2), bool)},
        also={"inputs": (0,), "source": (np.array([[0, 3]]), np.array([[-1, 2]]), np.arange(3))}
        | {"valid": (np.ones((2, 3), bool), np.ones((2, 2)))},
        allowed={"valid": (None,)},
        named={"inputs": "source"},
    ),
    "window_routing": Call(
        cells.window_routing,
        {"inputs": 4, "branches": 2, "synapses": 3, "interleaved": True},
        also={"inputs": (0, 3), "branches": (0,), "synapses": (0, 1)},
    ),
    "random_routing": Call(
        cells.random_routing,
        {"inputs": 4, "branches": 2, "synapses": 3, "key": KEY},
        also={"inputs": (0,), "branches": (0,), "synapses": (0,), "key": NOT_KEYS},
    ),
    "ShallowPLRNN": Call(
        cells.ShallowPLRNN,
        {"size": 3, "hidden": 4, "inputs": 2, "clipped": True, "key": KEY},
        also={"size": (0,), "hidden": (0,), "key": NOT_KEYS},
    ),
    "TeacherForced": Call(
        cells.TeacherForced,
        {
            "model": cells.ShallowPLRNN(3, 4, key=KEY),
            "alpha": 0.3,
            "every": 2,
            "observation": None,
            "start": np.ones((1, 2)),
        },
        also={
            "model": (cells.LSTM(2, 3, key=KEY),),
            "alpha": (-0.1, 1.1, np.ones(3)),
            "every": (0,),
            "observation": (np.ones((4, 2)), np.ones((4, 3)), "matrix", np.ones(3)),
            "start": (np.ones((2, 2)), np.ones(3)),
        },
        allowed={"observation": (None,), "start": (None,)},
        named={"observation": "start"},
    ),
    "FitzHughNagumo": equations(cells.FitzHughNagumo, *RECOVERY, **DETECTION),
    "fitzhugh_nagumo": population(cells.fitzhugh_nagumo, *RECOVERY, **DETECTION),
    "MorrisLecar": equations(cells.MorrisLecar, *CALCIUM, **DETECTION),
    "morris_lecar": population(cells.morris_lecar, *CALCIUM, **DETECTION),
    "PinskyRinzel": equations(cells.PinskyRinzel, *CHANNELS, *PYRAMIDAL, **SOMA_AND_DENDRITE),
    "pinsky_rinzel": population(cells.pinsky_rinzel, *CHANNELS, *PYRAMIDAL, **SOMA_AND_DENDRITE),
    "AfterSpikeCurrent": equations(cells.AfterSpikeCurrent, "tau"),
    "ThresholdAdaptation": equations(cells.ThresholdAdaptation, "tau", "tau_coupling"),
    "Crossing": equations(cells.Crossing),
    "Potential": Call(cells.Potential),
    "SquidKinetics": Call(cells.SquidKinetics),
    "TraubMilesKinetics": equations(cells.TraubMilesKinetics),
    "EscapeNoise": equations(cells.EscapeNoise, "hazard", "width"),
    "izhikevich_pattern": Call(cells.izhikevich_pattern, {"name": "tonic spiking"}),
}
