"""A valid call of every public name of the room of synapses."""

import numpy as np

from neuropil import connectivity, numerics, synapses

from ._calls_core import NOT_POSITIVE, positive
from ._corrupt import Call

SIZES = {"size": (0, -1, 2.5, True, "3")}
TAU = {"tau": 5.0}
TWO = {"rise": 1.0, "decay": 5.0}
TOWARDS = {"reversal": -70.0}
SLOW = {"rise": (*NOT_POSITIVE, 6.0), "decay": (*NOT_POSITIVE, 0.5)}
OTHER = {"rise": "decay", "decay": "rise"}
GABAB = {
    "conductance": 0.1,
    "binding": 0.52,
    "unbinding": 0.0013,
    "production": 0.098,
    "removal": 0.033,
    "half": 100.0,
}
WEIGHT = np.array([[0.0, 0.1], [0.1, 0.0]])

SYNAPSES = {
    "ExponentialCurrent": Call(synapses.ExponentialCurrent, TAU, positive("tau")),
    "AlphaCurrent": Call(synapses.AlphaCurrent, TAU, positive("tau")),
    "DoubleExponentialCurrent": Call(synapses.DoubleExponentialCurrent, TWO, SLOW, named=OTHER),
    "Conductance": Call(synapses.Conductance, TOWARDS),
    "ExponentialConductance": Call(synapses.ExponentialConductance, TAU | TOWARDS, positive("tau")),
    "AlphaConductance": Call(synapses.AlphaConductance, TAU | TOWARDS, positive("tau")),
    "DoubleExponentialConductance": Call(
        synapses.DoubleExponentialConductance, TWO | TOWARDS, SLOW, named=OTHER
    ),
    "NMDA": Call(
        synapses.NMDA,
        TWO | TOWARDS | {"magnesium": 1.0},
        SLOW | positive("magnesium"),
        named=OTHER,
    ),
    "BlockedConductance": Call(
        synapses.BlockedConductance, TOWARDS | {"magnesium": 1.0}, positive("magnesium")
    ),
    "GABAB": Call(
        synapses.GABAB,
        GABAB | TOWARDS,
        positive(*(name for name in GABAB if name != "conductance")) | {"conductance": (-1.0,)},
    ),
    "GapJunction": Call(synapses.GapJunction, {"total": 0.1}, {"total": (-0.1,)}),
    "gap_junction": Call(
        synapses.gap_junction,
        {"connectivity": connectivity.Dense(2, 2), "weight": WEIGHT},
        {"weight": (-WEIGHT, WEIGHT[0], 0.1)},
    ),
    "ActiveSegments": Call(
        synapses.ActiveSegments,
        {"segments": 3, "threshold": 8.0, "height": 1.0, "surrogate": numerics.FastSigmoid()},
        {"segments": (0, -1, 2.5, True, "3")} | positive("threshold"),
    ),
    "PostsynapticPotential": Call(
        synapses.PostsynapticPotential,
        {"size": (3,), "tau": 20.0, "tau_synapse": 5.0},
        SIZES
        | {
            "tau": (*NOT_POSITIVE, np.ones(2), 5.0),
            "tau_synapse": (*NOT_POSITIVE, np.ones(2), 20.0),
        },
        named={"tau": "tau_synapse"},
    ),
    "Release": Call(
        synapses.Release,
        {"size": (3,), "use": 0.5, "recovery": 800.0, "facilitation": 10.0},
        SIZES
        | {
            "use": (-0.1, 1.1, np.full(2, 0.5)),
            "recovery": (*NOT_POSITIVE, np.ones(2)),
            "facilitation": (-1.0, np.ones(2)),
        },
    ),
    "SaturatingGate": Call(
        synapses.SaturatingGate,
        {"size": (3,), "rise": 2.0, "decay": 100.0, "alpha": 0.5},
        SIZES | {name: (*NOT_POSITIVE, np.ones(2)) for name in ("rise", "decay", "alpha")},
    ),
}
