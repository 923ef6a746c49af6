"""What the report of a run draws."""

from typing import Any

import jax
import numpy as np

from ...core import Network, Record, simulate
from ...growth import Grown, dendrites_of
from ...tasks import Task
from ...training import Arrays, Fit
from ._network import mean_over_time
from ._plan import TICK_MS, Kind, Plan
from ._training import scores

SHOWN = 6


def pictures(
    grown: Grown, plain: Fit, phases: list, plan: Plan, task: Task, test: Arrays
) -> dict[str, np.ndarray]:
    """Return the loss over all phases, correlations by neuron, and what dendrites read."""
    before, after = grown.neurons[0], grown.network
    arrays = losses(grown, plain, plan) | by_cycle(grown, plain, test) | correlated(phases)
    arrays |= fields(after, task) | runs(after, plan, task, test)
    for when, network in (("before", before), ("after", after)):
        for p in network.projections:
            arrays[f"weights/{p.name}/{when}"] = np.asarray(p.weight)
    for p in after.projections:  # what has grown was not there before
        name = f"weights/{p.name}/before"
        arrays.setdefault(name, np.zeros_like(np.asarray(p.weight)))
    return arrays


def losses(grown: Grown, plain: Fit, plan: Plan) -> dict[str, np.ndarray]:
    """Return the training loss over epochs; a dendrite phase has the steps of some epochs too."""
    steps = [entry["step"] for entry in grown.history]
    per_epoch = steps[0] if steps else 1
    title = "curves/log10 of the training loss over epoch (gaps: dendrite phases)"
    arrays = {}
    for cycle in range(plan.cycles + 1):
        own = [e for e in grown.history if e["cycle"] == cycle]
        x = [e["epoch"] + 1 + cycle * plan.steps / per_epoch for e in own]
        label = f"{cycle} dendrites per neuron" if cycle != 1 else "1 dendrite per neuron"
        arrays[f"{title}/{label}"] = np.array([x, np.log10([e["train"]["loss"] for e in own])])
    loss = [e["train"]["loss"] for e in plain.history]
    arrays[f"{title}/no dendrites, in one go"] = np.array(
        [np.arange(1, len(loss) + 1), np.log10(loss)]
    )
    return arrays


def by_cycle(grown: Grown, plain: Fit, test: Arrays) -> dict[str, np.ndarray]:
    """Return the accuracy on what was held out, after every neuron phase."""
    found = [scores(network, test)["accuracy"] for network in grown.neurons]
    level = scores(plain.node, test)["accuracy"]
    cycles = np.arange(len(found))
    title = "curves/test accuracy over dendrites per neuron"
    return {
        f"{title}/grown": np.array([cycles, found]),
        f"{title}/no dendrites, in one go": np.array([cycles, np.full(len(found), level)]),
    }


def correlated(phases: list[tuple[dict[str, Any], dict[str, Any]]]) -> dict[str, np.ndarray]:
    """Return how much each dendrite varies with its neuron's error, after and before its phase."""
    arrays = {}
    for before, after in phases:
        for name, values in after.items():
            points = np.array([before[name].ravel(), values.ravel()])
            arrays[f"points/|correlation| after over |correlation| before/{name}"] = points
    return arrays


def fields(network: Network, task: Task) -> dict[str, np.ndarray]:
    """Return what the first hidden neurons and their dendrites read, as images."""
    arrays = {}
    dendrites = dendrites_of(network).get("hidden1.input", ())
    for name in ("hidden1", *dendrites):
        (weight,) = (p.weight for p in network.projections if p.name == f"input -> {name}")
        for neuron, column in enumerate(np.asarray(weight).T[:SHOWN]):
            part = name.removeprefix("hidden1_dendrite")
            title = "hidden neurons" if part == name else f"their dendrites {part}"
            arrays[f"maps/what {title} read/neuron {neuron}"] = column.reshape(task.feature_shape)
    return arrays


def runs(network: Network, plan: Plan, task: Task, test: Arrays) -> dict[str, np.ndarray]:
    """Return answers on what was held out; of spiking networks, a few samples tick by tick."""
    names = ["hidden1", *(name for found in dendrites_of(network).values() for name in found)]
    record = {name: Record(name) for name in names if plan.kind is Kind.SPIKES}
    confusion = np.zeros((len(task.classes),) * 2, np.int64)
    arrays: dict[str, np.ndarray] = {}
    for start in range(0, test.size, 256):
        chosen = np.arange(start, min(start + 256, test.size))
        inputs, targets = test.take(chosen, jax.random.split(jax.random.key(0), len(chosen)))
        kept = record if not start else {}
        _, found = simulate(network, inputs, dt=TICK_MS, key=jax.random.key(0), record=kept)
        answers = np.argmax(mean_over_time(found.output), axis=-1)
        np.add.at(confusion, (targets, answers), 1)
        for sample in range(3) if kept else ():
            label = f"raster/{task.classes[targets[sample]]} (sample {sample})"
            arrays[f"{label}/input"] = np.asarray(inputs[:, sample], np.uint8)
            for name in names:
                arrays[f"{label}/{name}"] = np.asarray(found.kept[name][:, sample])
            arrays[f"{label}/readout"] = np.asarray(found.output[:, sample])
    return arrays | {"confusion": confusion}
