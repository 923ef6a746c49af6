"""What the report of a run draws."""

import jax
import numpy as np

from ...connectivity import LearnableDelays
from ...core import Network, Record, simulate
from ...tasks import Task
from ._plan import TICK_MS, Plan
from ._training import samples


def pictures(before: Network, after: Network, task: Task, plan: Plan) -> dict[str, np.ndarray]:
    """Return what the report draws: rasters, synapses before and after, answers and rates."""
    data, arrays = samples(task, "test", plan), {}
    hidden = [name for name in after.nodes if name.startswith("hidden")]
    record = {name: Record(name) for name in hidden}
    shown = [int(np.argmax(task.test.targets == c)) for c in range(min(3, len(task.classes)))]
    answers, spikes = [], {name: [] for name in hidden}
    for start in range(0, data.size, 256):
        indices = np.arange(start, min(start + 256, data.size))
        inputs, _ = data.take(indices, jax.random.split(jax.random.key(0), len(indices)))
        _, records = simulate(after, inputs, dt=TICK_MS, key=jax.random.key(0), record=record)
        answers.append(np.argmax(plan.score(records.output), axis=-1))
        for name in hidden:
            spikes[name].append(np.asarray(records.kept[name]).mean((0, 1)) * len(indices))
        for sample in set(shown) & set(indices.tolist()):
            column = sample - start
            label = f"raster/{task.classes[task.test.targets[sample]]}"
            arrays[f"{label}/input"] = np.asarray(inputs[:, column], np.uint8)
            for name in hidden:
                arrays[f"{label}/{name}"] = np.asarray(records.kept[name][:, column], np.uint8)
            arrays[f"{label}/readout"] = np.asarray(records.output[:, column])
    for name in hidden:
        arrays[f"rates/{name}"] = np.sum(spikes[name], axis=0) / data.size * 1000.0 / TICK_MS
    confusion = np.zeros((len(task.classes),) * 2, np.int64)
    np.add.at(confusion, (task.test.targets, np.concatenate(answers)), 1)
    return arrays | {"confusion": confusion} | synapses("before", before) | synapses("after", after)


def synapses(when: str, network: Network) -> dict[str, np.ndarray]:
    """Return weights and delays of all projections but the relays."""
    arrays = {}
    for p in network.projections:
        if not p.source.startswith("norm"):
            arrays[f"weights/{p.name}/{when}"] = np.asarray(p.weight)
            if isinstance(p.connectivity, LearnableDelays):
                arrays[f"delays/{p.name}/{when}"] = np.asarray(p.connectivity.delay)
    return arrays
