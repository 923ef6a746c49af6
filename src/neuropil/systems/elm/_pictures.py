"""What the report of a run draws."""

import jax
import numpy as np

from ...cells import ELM
from ...core import Node, Record, simulate
from ._data import Parts, chosen_of_each_class
from ._plan import Plan

SHOWN, UNITS_SHOWN, POINTS = 3, 5, 200


def pictures(before: Node, after: Node, parts: Parts, plan: Plan) -> dict[str, np.ndarray]:
    """Return what the report draws: answers and, of a neuron, what goes on in it."""
    answers, right = _answers(after, parts, plan)
    classes = len(parts.classes)
    confusion = np.zeros((classes, classes), np.int64)
    np.add.at(confusion, (parts.test.targets, answers), 1)
    time = plan.dt * np.arange(1, len(right) + 1)
    arrays = {
        "confusion": confusion,
        "curves/accuracy over time (ms)/if read out then": _thinned(np.stack([time, right])),
    }
    if not isinstance(after, ELM):
        return arrays
    return (
        arrays
        | _inner_life(after, parts, plan)
        | _constants(before, after)
        | _weights(before, after)
    )


def _answers(node, parts, plan):
    """Return the class of every test sample, and the accuracy of the output in every tick."""
    answers, right = [], 0.0
    inputs, targets = parts.test
    for start in range(0, len(targets), 250):
        here = slice(start, start + 250)
        x = inputs[here].swapaxes(0, 1).astype(np.float32)
        _, records = simulate(node, x, dt=plan.dt, key=jax.random.key(0))
        best = np.asarray(records.output).argmax(axis=-1)
        answers.append(best[-1])
        right = right + (best == targets[here]).sum(axis=1)
    return np.concatenate(answers), right / len(targets)


def _inner_life(node, parts, plan):
    """Return traces of branches, memories from fast to slow, and outputs, of a few samples."""
    record = {"branches": Record("branch"), "memory": Record("memory")}
    arrays, order = {}, np.argsort(np.asarray(node.memory.tau))
    tau = np.asarray(node.memory.tau)[order]
    chosen = chosen_of_each_class(parts.test, SHOWN)
    for sample in chosen:
        x = parts.test.inputs[sample]
        name = parts.classes[parts.test.targets[sample]]
        _, records = simulate(
            node, x.astype(np.float32), dt=plan.dt, key=jax.random.key(0), record=record
        )
        memory = np.asarray(records.kept["memory"])[:, order]
        branches = np.asarray(records.kept["branches"])
        arrays[f"raster/{name}/input"] = x.astype(np.uint8) if x.dtype == bool else x
        arrays[f"raster/{name}/branches"] = branches
        arrays[f"raster/{name}/memory"] = memory
        arrays[f"raster/{name}/output"] = np.asarray(records.output)
        arrays[f"maps/memories from fast (top) to slow, over time/{name}"] = memory.T
        arrays[f"maps/traces of branches, over time/{name}"] = branches.T
        if sample == chosen[0]:
            time = plan.dt * np.arange(1, len(memory) + 1)
            for unit in np.unique(np.linspace(0, len(tau) - 1, UNITS_SHOWN).astype(int)):
                line = f"curves/memory over time (ms), {name}/tau {tau[unit]:.3g} ms"
                arrays[line] = _thinned(np.stack([time, memory[:, unit]]))
    return arrays


def _constants(before, after):
    """Return time constants by unit, and how much is read from memories of each."""
    arrays = {}
    for when, node in (("before", before), ("after", after)):
        tau = np.asarray(node.memory.tau)
        rank = np.arange(1, len(tau) + 1)
        arrays[f"points/log10 of time constant (ms) over unit/{when}"] = np.stack(
            [rank, np.log10(tau)]
        )
        read = np.abs(np.asarray(node.w_y.weight)).mean(axis=0)
        # What a unit can hold at most scales with its write.
        name = f"points/mean size of readout weights over log10 of time constant (ms)/{when}"
        arrays[name] = np.stack([np.log10(tau), read])
    return arrays


def _weights(before, after):
    arrays = {}
    for when, node in (("before", before), ("after", after)):
        arrays[f"weights/synapses (relu of v)/{when}"] = np.asarray(node.w_s)
        for layer, (weight, _) in enumerate(node.mlp, 1):
            arrays[f"weights/perceptron, layer {layer}/{when}"] = np.asarray(weight).T
        arrays[f"weights/readout/{when}"] = np.asarray(node.w_y.weight).T
    return arrays


def _thinned(curve):
    return curve[:, :: max(1, curve.shape[1] // POINTS)]
