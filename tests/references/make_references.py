"""Records what Brian2 computes, for the tests in this folder.

Run by hand, in an environment of its own, from the root of the repository, when something is to be
compared that is not yet recorded (the tests need the recorded files only, never Brian2):

    python -m venv brian && brian/bin/pip install brian2 cython
    brian/bin/python -m tests.references.make_references [--to FOLDER] [NAME ...]

How the two simulators' ticks map to each other
-----------------------------------------------
Brian2 runs, in every tick: groups (state updates), thresholds, synapses, resets. neuropil runs:
arrivals, state updates, thresholds, resets.

- Spikes found in tick n carry the tick n in both. What the monitor below reads at the end of tick n
  is what neuropil records in tick n. `TimedArray` and neuropil's inputs both act in their own tick.
- A synapse of Brian2 with a delay of k ticks acts after the state update of tick n + k, so that the
  state update of n + k + 1 is the first to feel it: that is a delay of k + 1 ticks in neuropil,
  where an arrival is part of the drive of its tick. Delays of 1, 2, ... in neuropil are 0, 1, ...
  here.
- A jump of the potential comes between the state update and the threshold in neuropil. The network
  of jumps is therefore run with the order groups, synapses, thresholds, resets. Spikes then wait
  for the next tick's synapses, so that k is k + 1 ticks once more.
- Brian2 counts the tick of the spike as refractory, neuropil does not: `refractory` here is one
  tick longer.

Schemes
-------
`exponential_euler` of Brian2 writes each equation as A x + B, with A and B frozen during the tick,
and all variables advance from the old values of the others. That equals neuropil's
`ExponentialEuler` wherever a variable enters its own equation linearly: LIF, conductances, gates
and membrane of Hodgkin and Huxley. Brian2 refuses other equations, such as AdEx with its
exponential of v. For those `RosenbrockEuler` below states neuropil's scheme, x + dt phi(dt df/dx)
f(x), with the derivative that SymPy finds.
"""

import argparse
from pathlib import Path

import brian2 as b
import numpy as np
import sympy
from brian2.parsing.sympytools import str_to_sympy, sympy_to_str
from brian2.stateupdaters.base import StateUpdateMethod

from . import _problems as p

FOLDER = Path(__file__).parent
b.prefs.codegen.target = "cython"


class RosenbrockEuler(StateUpdateMethod):
    """x + (exp(dt J) - 1) / J f(x) for each variable, where J is df/dx."""

    def __call__(self, equations, variables=None, method_options=None):
        lines, variables_of = [], equations.get_substituted_expressions(variables)
        for name, expression in variables_of:
            slope = str_to_sympy(expression.code, variables)
            own = sympy.diff(slope, sympy.Symbol(name, real=True))
            lines += [
                f"_slope_{name} = {sympy_to_str(slope)}",
                f"_own_{name} = {sympy_to_str(own)}",
                f"_new_{name} = {name} + _slope_{name} * expm1(dt * _own_{name}) / _own_{name}",
            ]
        lines += [f"{name} = _new_{name}" for name, _ in variables_of]
        return "\n".join(lines)


LIF = """
dv/dt = (rest - v + resistance * I) / tau : volt (unless refractory)
"""
IZHIKEVICH = """
dv/dt = (0.04 * v * v + 5 * v + 140 - u + I) / ms : 1
du/dt = a * (b * v - u) / ms : 1
"""
ADEX = """
dv/dt = (conductance * (rest - v) + conductance * slope * exp((v - threshold) / slope) - w + I)
    / capacitance : volt
dw/dt = (a * (v - rest) - w) / tau : amp
"""
MEMBRANE = """
dv/dt = (leak * (leak_reversal - v) + sodium * m**3 * h * (sodium_reversal - v)
    + potassium * n**4 * (potassium_reversal - v) + I) / capacitance : volt
dm/dt = alpha_m * (1 - m) - beta_m * m : 1
dh/dt = alpha_h * (1 - h) - beta_h * h : 1
dn/dt = alpha_n * (1 - n) - beta_n * n : 1
"""
HODGKIN_HUXLEY = """
x = v / mV : 1
alpha_m = 1 / exprel(-(x + 40) / 10) / ms : Hz
beta_m = 4 * exp(-(x + 65) / 18) / ms : Hz
alpha_h = 0.07 * exp(-(x + 65) / 20) / ms : Hz
beta_h = 1 / (1 + exp(-(x + 35) / 10)) / ms : Hz
alpha_n = 0.1 / exprel(-(x + 55) / 10) / ms : Hz
beta_n = 0.125 * exp(-(x + 65) / 80) / ms : Hz
"""
TRAUB_MILES = """
x = (v - shift) / mV : 1
alpha_m = 0.32 * 4 / exprel((13 - x) / 4) / ms : Hz
beta_m = 0.28 * 5 / exprel((x - 40) / 5) / ms : Hz
alpha_h = 0.128 * exp((17 - x) / 18) / ms : Hz
beta_h = 4 / (1 + exp((40 - x) / 5)) / ms : Hz
alpha_n = 0.032 * 5 / exprel((15 - x) / 5) / ms : Hz
beta_n = 0.5 * exp((10 - x) / 40) / ms : Hz
"""
UNITS = {
    "tau": b.ms,
    "resistance": b.Mohm,
    "capacitance": b.nF,
    "conductance": b.uS,
    "sodium": b.uS,
    "potassium": b.uS,
    "leak": b.uS,
    "utilisation": 1,
    "recovery": b.ms,
    "facilitation": b.ms,
}


def with_units(parameters, **other):
    """Return parameters as quantities; what has no unit of its own is in mV."""
    units = UNITS | other
    return {name: value * units.get(name, b.mV) for name, value in parameters.items()}


def run(group, dt, every, namespace, *others, potential=b.mV):
    """Run for the whole duration; return spikes, sorted by tick and neuron, and potentials."""
    group_spikes = b.SpikeMonitor(group)
    sampled = b.StateMonitor(group, "v", record=True, dt=every * dt * b.ms, when="end")
    network = b.Network(group, group_spikes, sampled, *others)
    if others:
        network.schedule = SCHEDULES[namespace.pop("order")]
    start = np.asarray(group.v / potential)
    network.run(p.DURATION * b.ms, namespace=namespace)
    ticks = np.rint(np.asarray(group_spikes.t / b.ms) / dt).astype(np.int32)
    neurons = np.asarray(group_spikes.i, np.int16)
    order = np.lexsort((neurons, ticks))
    return {
        "ticks": ticks[order],
        "neurons": neurons[order],
        "start": start,
        "v": np.asarray(sampled.v / potential).T,
        "every": every,
    }


def cell(name):
    """Return the record of one kind of cell under the step (neuron 0) and the noise (neuron 1)."""
    dt, every, stimulus = p.CELLS[name]
    b.start_scope()
    b.defaultclock.dt = dt * b.ms
    kind, method, unit, parameters, other = SINGLE[name]
    namespace = with_units(parameters, **other)
    is_plain = kind is KINDS["izhikevich"]
    namespace["current"] = b.TimedArray(stimulus.over_time(dt) * unit, dt=dt * b.ms)
    group = b.NeuronGroup(
        2,
        kind["equations"] + f"I = current(t, i) : {'1' if is_plain else 'amp'}\n",
        threshold=kind["threshold"],
        reset=kind.get("reset", ""),
        refractory=kind.get("refractory", False),
        method=method,
        namespace=namespace,
    )
    gates = {}
    for variable, value in kind["start"].items():
        setattr(group, variable, value)
        if variable in "mhn":
            gates[f"start_{variable}"] = np.asarray(getattr(group, variable))
    record = run(group, dt, every, {}, potential=1 if is_plain else b.mV)
    return record | gates | {"total_current": stimulus.over_time(dt).sum()}


UPWARD = {"threshold": "v >= threshold", "refractory": "v >= threshold"}
GATES = {g: f"alpha_{g} / (alpha_{g} + beta_{g})" for g in "mhn"}
PLAIN = dict.fromkeys(p.IZHIKEVICH, 1)
KINDS = {
    "lif": {
        "equations": LIF,
        "threshold": "v >= threshold",
        "reset": "v = reset",
        "refractory": (p.LIF_REFRACTORY + 0.1) * b.ms,
        "start": {"v": "rest"},
    },
    "izhikevich": {
        "equations": IZHIKEVICH,
        "threshold": "v >= peak",
        "reset": "v = c; u += d",
        "start": {"v": "c", "u": "b * c"},
    },
    "adex": {
        "equations": ADEX,
        "threshold": "v >= peak",
        "reset": "v = reset; w += b",
        "start": {"v": "rest"},
    },
    "hodgkin_huxley": {
        "equations": HODGKIN_HUXLEY + MEMBRANE,
        "start": {"v": -65.0 * b.mV} | GATES,
        **UPWARD,
    },
    "traub_miles": {
        "equations": TRAUB_MILES + MEMBRANE,
        "start": {"v": "leak_reversal"} | GATES,
        **UPWARD,
    },
}
ADEX_UNITS = {"a": b.uS, "b": b.nA}
SINGLE = {
    "lif": (KINDS["lif"], "exponential_euler", b.nA, p.LIF, {}),
    "izhikevich": (KINDS["izhikevich"], "euler", 1, p.IZHIKEVICH, PLAIN),
    "adex": (KINDS["adex"], RosenbrockEuler(), b.nA, p.ADEX, ADEX_UNITS),
    "adex_forward_euler": (KINDS["adex"], "euler", b.nA, p.ADEX, ADEX_UNITS),
    "hodgkin_huxley": (
        KINDS["hodgkin_huxley"],
        "exponential_euler",
        b.nA,
        p.HODGKIN_HUXLEY,
        {},
    ),
    "traub_miles": (KINDS["traub_miles"], "exponential_euler", b.nA, p.TRAUB_MILES, {}),
}

CONDUCTANCES = """
dv/dt = (rest - v + resistance * (bias + g_exc * (above - v) + g_inh * (below - v))) / tau
    : volt (unless refractory)
dg_exc/dt = -g_exc / tau_exc : siemens
dg_inh/dt = -g_inh / tau_inh : siemens
bias : amp
"""
CURRENTS = """
dv/dt = (rest - v + resistance * (bias + g_exc - g_inh)) / tau : volt (unless refractory)
dg_exc/dt = -g_exc / tau_exc : amp
dg_inh/dt = -g_inh / tau_inh : amp
bias : amp
"""
JUMPS = """
dv/dt = (rest - v + resistance * bias) / tau : volt (unless refractory)
bias : amp
"""
RELEASE = """
weight : siemens
du/dt = -u / facilitation : 1 (event-driven)
dx/dt = (1 - x) / recovery : 1 (event-driven)
"""
RELEASED = """
u += utilisation * (1 - u)
g_exc_post += weight * u * x
x -= u * x
"""
NETWORKS = {
    "conductance": (CONDUCTANCES, b.uS, "weight : siemens", "g_{}_post += weight", "usual"),
    "current": (CURRENTS, b.nA, "weight : amp", "g_{}_post += weight", "usual"),
    "release": (CONDUCTANCES, b.uS, "weight : siemens", "g_{}_post += weight", "usual"),
    "jump": (JUMPS, b.mV, "weight : volt", "v_post += {} * weight", "jumps"),
}
SCHEDULES = {
    "usual": ["start", "groups", "thresholds", "synapses", "resets", "end"],
    "jumps": ["start", "groups", "synapses", "thresholds", "resets", "end"],
}


def network(kind):
    """Return the record of the network with one kind of synapse."""
    equations, unit, variables, on_pre, order = NETWORKS[kind]
    wiring = p.wiring(kind)
    b.start_scope()
    b.defaultclock.dt = p.NETWORK_DT * b.ms
    namespace = (
        with_units(p.LIF)
        | with_units(p.RELEASE)
        | {
            "tau_exc": p.EXCITATION["tau"] * b.ms,
            "tau_inh": p.INHIBITION["tau"] * b.ms,
            "above": p.EXCITATION["reversal"] * b.mV,
            "below": p.INHIBITION["reversal"] * b.mV,
        }
    )
    group = b.NeuronGroup(
        p.NEURONS,
        equations,
        threshold="v >= threshold",
        reset="v = reset",
        refractory=(p.NETWORK_REFRACTORY + p.NETWORK_DT) * b.ms,
        method="exponential_euler",
        namespace=namespace,
    )
    group.v, group.bias = wiring.start * b.mV, wiring.bias * b.nA
    projections = []
    for part in ("exc", "inh"):
        is_released = kind == "release" and part == "exc"
        sign = {"exc": "1", "inh": "-1"}[part] if kind == "jump" else part
        synapses = b.Synapses(
            group,
            group,
            RELEASE if is_released else variables,
            on_pre=RELEASED if is_released else on_pre.format(sign),
            namespace=namespace,
        )
        own = (wiring.source < p.EXCITATORY) == (part == "exc")
        synapses.connect(i=wiring.source[own], j=wiring.target[own])
        synapses.weight = wiring.weight[own] * unit
        synapses.delay = (wiring.ticks[own] - 1) * p.NETWORK_DT * b.ms
        if is_released:
            synapses.x = 1
        projections.append(synapses)
    record = run(group, p.NETWORK_DT, 400, {"order": order}, *projections)
    return record | {"edges": len(wiring.source)}


def main():
    """Write the files of the names given, or all."""
    makers = {name: cell for name in p.CELLS} | {f"network_{n}": network for n in NETWORKS}
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", choices=[[], *makers], metavar="NAME")
    parser.add_argument("--to", type=Path, default=FOLDER)
    options = parser.parse_args()
    for name in options.names or makers:
        record = makers[name](name.removeprefix("network_"))
        np.savez_compressed(options.to / f"{name}.npz", **record, brian2=b.__version__)
        counts = np.bincount(record["neurons"])
        print(f"{name}: {len(record['ticks'])} spikes, at most {counts.max()} of a neuron")


if __name__ == "__main__":
    main()
