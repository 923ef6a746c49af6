"""A valid call of every cell that is more than a leaky membrane, and of their parts."""

import inspect

import numpy as np

from neuropil import cells

from ._calls_core import positive
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
