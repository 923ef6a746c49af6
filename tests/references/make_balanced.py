"""Records the spread of Brian2's runs of the networks of the systems `coba` and `cuba`.

Run by hand, in an environment of its own, from the root of the repository (the tests need the
recorded file only, never Brian2); it takes three minutes on one core:

    python -m venv brian && brian/bin/pip install brian2 cython
    brian/bin/python -m tests.references.make_balanced

The numbers are those of the networks of Vogels and Abbott in Brette et al. 2007,
doi:10.1007/s10827-007-0038-6, written down here once more so that a slip of the library is seen.
Brian2 counts the tick of the spike as refractory, neuropil does not: `refractory` is one tick
longer here. Spikes without a delay are felt in the next tick, in neuropil a delay of one.

The measures are written anew as well, with dense matrices of counts.
"""

import json
from pathlib import Path

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
MODELS = {
    "coba": (COBA, "exponential_euler", "ge += 6*nS", "gi += 67*nS"),
    "cuba": (CUBA, "exact", "ge += 1.62*mV", "gi -= 9*mV"),
}


def begin(group, model, random):
    """Draw the variables with which the run begins."""
    if model == "cuba":
        group.v = random.uniform(-60, -50, NEURONS) * b.mV
        return
    group.v = random.normal(-80, 20, NEURONS) * b.mV
    group.ge = np.maximum(random.normal(10, 30, NEURONS), 0) * b.nS
    group.gi = np.maximum(random.normal(100, 200, NEURONS), 0) * b.nS


def spikes(model, seed):
    """Return the tick and the neuron of every spike of a run, after what comes first."""
    equations, method, excite, inhibit = MODELS[model]
    b.start_scope()
    b.seed(seed)
    b.defaultclock.dt = DT * b.ms
    group = b.NeuronGroup(
        NEURONS, equations, threshold="v >= -50*mV", reset="v = -60*mV",
        refractory=(5.0 + DT) * b.ms, method=method,
    )  # fmt: skip
    begin(group, model, np.random.default_rng(seed))
    excitation = b.Synapses(group[:EXCITATORY], group, on_pre=excite)
    inhibition = b.Synapses(group[EXCITATORY:], group, on_pre=inhibit)
    excitation.connect(p=PROBABILITY)
    inhibition.connect(p=PROBABILITY)
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


def main():
    """Run every network with every seed, and store what was measured."""
    found = {}
    for model in MODELS:
        runs = []
        for seed in SEEDS:
            runs.append({name: float(v) for name, v in measures(*spikes(model, seed)).items()})
            print(model, seed, runs[-1], flush=True)
        found[model] = {name: [round(run[name], 6) for run in runs] for name in runs[0]}
    about = {"brian2": b.__version__, "neurons": NEURONS, "warm_ms": WARM, "kept_ms": KEPT}
    FILE.write_text(json.dumps(about | {"runs": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
