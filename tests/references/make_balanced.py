"""Records the spread of Brian2's runs of the networks of the package `systems.balanced`.

Run by hand, in an environment of its own, from the root of the repository (the tests need the
recorded file only, never Brian2), for all networks or for those named:

    python -m venv brian && brian/bin/pip install brian2 cython
    brian/bin/python -m tests.references.make_balanced [NAME ...]

The numbers are those of the four networks of Brette et al. 2007, doi:10.1007/s10827-007-0038-6,
written down here once more so that a slip of the library is seen. Brian2 counts the tick of the
spike as refractory, neuropil does not: `refractory` is one tick longer here. Spikes without a delay
are felt in the next tick, in neuropil a delay of one; jumps come there between the state update and
the threshold, as in neuropil.

The measures are written anew as well, with dense matrices of counts.
"""

import json
import sys
from pathlib import Path
from typing import NamedTuple

import brian2 as b
import numpy as np

FILE = Path(__file__).with_name("balanced.json")
SEEDS, NEURONS, EXCITATORY, PROBABILITY = range(40), 4000, 3200, 0.02
DT, WARM, KEPT, BIN, FEWEST_INTERVALS = 0.1, 200.0, 3000.0, 5.0, 5  # ms
b.prefs.codegen.target = "cython"

COBA = """
dv/dt = (-60*mV - v + 100*Mohm * (ge * (0*mV - v) + gi * (-80*mV - v))) / (20*ms)
    : volt (unless refractory)
dge/dt = -ge / (5*ms) : siemens
dgi/dt = -gi / (10*ms) : siemens
"""
CUBA = """
dv/dt = (-49*mV - v + ge + gi) / (20*ms) : volt (unless refractory)
dge/dt = -ge / (5*ms) : volt
dgi/dt = -gi / (10*ms) : volt
"""
CUBADELTA = "dv/dt = (-49*mV - v) / (20*ms) : volt (unless refractory)"
COBAHH = """
dv/dt = (10*nS * (-60*mV - v) + ge * (0*mV - v) + gi * (-80*mV - v)
    + 20*uS * m**3 * h * (50*mV - v) + 6*uS * n**4 * (-90*mV - v)) / (200*pF) : volt
dm/dt = alpha_m * (1 - m) - beta_m * m : 1
dh/dt = alpha_h * (1 - h) - beta_h * h : 1
dn/dt = alpha_n * (1 - n) - beta_n * n : 1
dge/dt = -ge / (5*ms) : siemens
dgi/dt = -gi / (10*ms) : siemens
x = v / mV + 63 : 1
alpha_m = 1.28 / exprel((13 - x) / 4) / ms : Hz
beta_m = 1.4 / exprel((x - 40) / 5) / ms : Hz
alpha_h = 0.128 * exp((17 - x) / 18) / ms : Hz
beta_h = 4 / (1 + exp((40 - x) / 5)) / ms : Hz
alpha_n = 0.16 / exprel((15 - x) / 5) / ms : Hz
beta_n = 0.5 * exp((10 - x) / 40) / ms : Hz
"""
INTEGRATE_AND_FIRE = {
    "threshold": "v >= -50*mV",
    "reset": "v = -60*mV",
    "refractory": (5.0 + DT) * b.ms,
}
CROSSING = {"threshold": "v >= -20*mV", "refractory": "v >= -20*mV"}


class Model(NamedTuple):
    """A network: its equations and their scheme, what spikes do, and when in a tick they do it."""

    equations: str
    method: str
    excite: str
    inhibit: str
    spiking: dict = INTEGRATE_AND_FIRE
    arriving: str = "synapses"


MODELS = {
    "coba": Model(COBA, "exponential_euler", "ge += 6*nS", "gi += 67*nS"),
    "cuba": Model(CUBA, "exact", "ge += 1.62*mV", "gi -= 9*mV"),
    "cobahh": Model(COBAHH, "exponential_euler", "ge += 6*nS", "gi += 67*nS", CROSSING),
    "cubadelta": Model(
        CUBADELTA, "exact", "v += 0.25*mV", "v -= 2.25*mV", arriving="before_thresholds"
    ),
}


def begin(group, model, random):
    """Draw the variables with which the run begins."""
    if model in ("cuba", "cubadelta"):
        group.v = random.uniform(-60, -50, NEURONS) * b.mV
        return
    if model == "cobahh":  # closed as at -60 mV
        group.v = -60 * b.mV
        for gate in "mhn":
            opening, closing = (getattr(group, f"{rate}_{gate}")[:] for rate in ("alpha", "beta"))
            setattr(group, gate, opening / (opening + closing))
    group.v = random.normal(-80, 20, NEURONS) * b.mV
    group.ge = np.maximum(random.normal(10, 30, NEURONS), 0) * b.nS
    group.gi = np.maximum(random.normal(100, 200, NEURONS), 0) * b.nS


def spikes(name, seed):
    """Return the tick and the neuron of every spike of a run, after what comes first."""
    model = MODELS[name]
    b.start_scope()
    b.seed(seed)
    b.defaultclock.dt = DT * b.ms
    group = b.NeuronGroup(NEURONS, model.equations, method=model.method, **model.spiking)
    begin(group, name, np.random.default_rng(seed))
    excitation = b.Synapses(group[:EXCITATORY], group, on_pre=model.excite)
    inhibition = b.Synapses(group[EXCITATORY:], group, on_pre=model.inhibit)
    for synapses in (excitation, inhibition):
        synapses.connect(p=PROBABILITY)
        synapses.pre.when = model.arriving
    monitor = b.SpikeMonitor(group)
    b.run((WARM + KEPT) * b.ms)
    tick = np.round(np.asarray(monitor.t / b.ms) / DT).astype(int) - round(WARM / DT)
    return tick[tick >= 0], np.asarray(monitor.i)[tick >= 0]


def measures(tick, neuron):
    """Return the measures by name."""
    width = round(BIN / DT)
    counts = np.zeros((round(KEPT / BIN), NEURONS))
    np.add.at(counts, (tick // width, neuron), 1)
    variations = []
    for own in range(NEURONS):
        gaps = np.diff(np.sort(tick[neuron == own]))
        if len(gaps) >= FEWEST_INTERVALS:
            variations.append(gaps.std() / gaps.mean())
    rates = counts.sum(0) / (KEPT * 1e-3)
    return {
        "rate_exc": rates[:EXCITATORY].mean(),
        "rate_inh": rates[EXCITATORY:].mean(),
        "cv": np.mean(variations),
        "synchrony": np.sqrt(counts.mean(1).var() / counts.var(0).mean()),
        "correlation": correlation(counts),
    }


def correlation(counts):
    """Return the mean over all pairs of Pearson's correlation of counts."""
    varied = counts[:, counts.std(0) > 0]
    matrix = np.corrcoef(varied.T)
    size = len(matrix)
    return (matrix.sum() - size) / (size * (size - 1))


def main(names):
    """Run the networks named, or all, with every seed, and store what was measured."""
    found = json.loads(FILE.read_text())["runs"] if FILE.exists() else {}
    for name in names or MODELS:
        runs = []
        for seed in SEEDS:
            runs.append({key: float(v) for key, v in measures(*spikes(name, seed)).items()})
            print(name, seed, runs[-1], flush=True)
        found[name] = {key: [round(run[key], 6) for run in runs] for key in runs[0]}
    about = {"brian2": b.__version__, "neurons": NEURONS, "warm_ms": WARM, "kept_ms": KEPT}
    FILE.write_text(json.dumps(about | {"runs": found}, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
