"""What the report of a run draws."""

import jax
import numpy as np

from ...core import Network, Record, simulate
from ..attractors._shown import one_trial
from ._network import synaptic
from ._plan import Plan
from ._training import score
from ._trials import CLASSES, trials

SHOWN_MS, SHARED = 1.0, 16  # a tick of the rasters; trials that are run at once


def pictures(before: Network, after: Network, plan: Plan, seed: int) -> dict[str, np.ndarray]:
    """Return what the report draws: a trial of each class, answers, rates, weights."""
    spikes, targets = trials(plan.tests, plan, 2 * seed + 1)
    record = {name: Record(name) for name in ("exc", "inh")}
    answers, rates, arrays = [], dict.fromkeys(record, 0.0), {}
    shown = [int(np.argmax(targets == c)) for c in range(len(CLASSES))]
    for start in range(0, len(spikes), SHARED):
        inputs = spikes[start : start + SHARED].swapaxes(0, 1)
        _, found = simulate(after, inputs, dt=plan.tick, key=jax.random.key(0), record=record)
        answers.append(np.argmax(score(plan)(found.output), axis=-1))
        for name in record:
            rates[name] = rates[name] + np.asarray(found.kept[name]).mean(0).sum(0)
        for sample in shown:
            if start <= sample < start + SHARED:
                at, label = sample - start, f"raster/{CLASSES[targets[sample]]}"
                arrays[f"{label}/input"] = binned(inputs[:, at], plan)
                for name in record:
                    arrays[f"{label}/{name}"] = binned(np.asarray(found.kept[name][:, at]), plan)
                arrays[f"{label}/readout"] = np.asarray(found.output[:: ticks(plan), at])
    for name, rate in rates.items():
        arrays[f"rates/{name}"] = rate / len(spikes) * 1000.0 / plan.tick
    confusion = np.zeros((len(CLASSES),) * 2, np.int64)
    np.add.at(confusion, (targets, np.concatenate(answers)), 1)
    for when, network in (("before", before), ("after", after)):
        for p in network.projections:
            arrays[f"weights/{p.name}/{when}"] = np.asarray(p.weight)
    return arrays | in_detail(after, spikes[shown[0]], plan) | {"confusion": confusion}


def in_detail(network: Network, spikes: np.ndarray, plan: Plan) -> dict[str, np.ndarray]:
    """Return all spikes and some membranes of one trial; spikes in the ticks that are shown."""
    arrays = one_trial(network, spikes, plan.tick, 0)
    for name, array in arrays.items():
        if name.startswith("spikes/"):
            arrays[name] = np.concatenate([array[:1] // ticks(plan), array[1:]])
    return arrays


def ticks(plan: Plan) -> int:
    """Return how many ticks are shown as one."""
    return round(SHOWN_MS / plan.tick)


def binned(spikes: np.ndarray, plan: Plan) -> np.ndarray:
    """Return whether there was a spike in each of the longer ticks that are shown."""
    whole = len(spikes) // ticks(plan) * ticks(plan)
    long = spikes[:whole].reshape(-1, ticks(plan), spikes.shape[1])
    return np.asarray(np.any(long, axis=1), np.uint8)


def changed_sign(before: Network, after: Network) -> int:
    """Return how many synapses have another sign than before."""
    pairs = zip(synaptic(before), synaptic(after), strict=True)
    return sum(int((np.asarray(a) * np.asarray(b) < 0).sum()) for a, b in pairs)
