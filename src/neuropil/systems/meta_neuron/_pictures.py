"""What the report of a run draws."""

from typing import Any

import jax
import numpy as np

from ...core import Network, Record, simulate
from ._complexity import Read
from ._network import cell_of
from ._plan import TICK_MS, Plan

KINDS = {
    "tau": "time constant (ms)",
    "tau_u": "time constant (ms)",
    "threshold": "potential (mV)",
    "c": "potential (mV)",
}


def pictures(
    before: Network,
    after: Network,
    taught: Network,
    followed: list[dict[str, float]],
    told: Read,
    plan: Plan,
    test: Any,
) -> dict[str, np.ndarray]:
    """Return complexity by class, parameters over training, and membranes of a few samples."""
    arrays = histograms(told, plan, test[1]) | trajectories(followed)
    shown = [int(np.argmax(test[1] == c)) for c in (0, 1)]
    shown += [int(np.flatnonzero(test[1] == c)[1]) for c in (0, 1)]
    spikes = np.moveaxis(test[0][shown], 0, 1).astype(np.float32)
    for when, network in (("before", before), ("learned", after)):
        v, fired = potential(network, spikes)
        threshold = float(cell_of(network).threshold)
        for column, sample in enumerate(shown):
            label = f"raster/{plan.classes[test[1][sample]]}, sample {sample}"
            arrays[f"{label}/input"] = np.asarray(spikes[:, column], np.uint8)
            arrays[f"{label}/v, {when}"] = v[:, column] / threshold
            arrays[f"{label}/out, {when}"] = np.asarray(fired[:, column], np.uint8)
    arrays["weights/input -> output/before"] = np.asarray(before.projections[0].weight)
    arrays["weights/input -> output/after"] = np.asarray(after.projections[0].weight)
    arrays["weights/tempotron/before"] = np.zeros_like(np.asarray(taught.projections[1].weight))
    arrays["weights/tempotron/after"] = np.asarray(taught.projections[1].weight)
    confusion = np.zeros((2, 2), np.int64)
    np.add.at(confusion, (test[1], told.answers), 1)
    return arrays | {"confusion": confusion}


def potential(network: Network, spikes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the membrane potential and the output, `[time, sample, 1]`."""
    record = {"v": Record("output.v")}
    _, found = simulate(network, spikes, dt=TICK_MS, key=jax.random.key(0), record=record)
    return np.asarray(found.kept["v"]), np.asarray(found.output)


def histograms(told: Read, plan: Plan, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return how often each complexity, and each count, occurs in each class."""
    arrays = {}
    for name, values in (
        ("complexity of the output (bits per tick)", told.complexity),
        ("spikes of the output", told.counts),
    ):
        edges = np.linspace(values.min(), values.max() + 1e-9, 25)
        middle = (edges[1:] + edges[:-1]) / 2
        for number, label in enumerate(plan.classes):
            found, _ = np.histogram(values[targets == number], edges)
            arrays[f"curves/samples over {name}/{label}"] = np.array([middle, found])
    for number, label in enumerate(plan.classes):
        points = np.array([told.counts[targets == number], told.complexity[targets == number]])
        arrays[f"points/bits per tick over spikes of the output/{label}"] = points
    return arrays


def trajectories(followed: list[dict[str, float]]) -> dict[str, np.ndarray]:
    """Return the parameters before every epoch, and at last."""
    epochs = np.arange(len(followed))
    return {
        f"curves/{KINDS.get(name, 'coupling')} over epoch/{name}": np.array(
            [epochs, [entry[name] for entry in followed]]
        )
        for name in followed[0]
    }
