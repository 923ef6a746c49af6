"""The one training problem that every competitor solves: weights, input, labels, arithmetic.

    v[t] = decay * v[t-1] + current[t];   s[t] = 1 if v[t] >= 1;   v[t] = v[t] - s[t]
    y[t] = decay * y[t-1] + readout current[t];   loss = cross entropy of the mean over time of y

The reset takes no part in the gradient; ds/dv is replaced by 1 / (1 + (pi (v - 1))^2).
"""

import dataclasses
import json
import math
import os

import numpy as np

TAU_MS, DT_MS = 20.0, 1.0
DECAY = math.exp(-DT_MS / TAU_MS)
THRESHOLD = 1.0
LEARNING_RATE = 1e-5  # small, so that firing rates stay put over the steps that are timed
INPUT_ACTIVITY = 0.02
INPUTS, HIDDEN, CLASSES = 700, 256, 20


@dataclasses.dataclass(frozen=True)
class Problem:
    """Weights are [from, to]; `inputs` is [time, batch, 700]; `labels` is [batch]."""

    network: str
    weights: dict[str, np.ndarray]
    inputs: np.ndarray
    labels: np.ndarray


def _normal(generator, shape, scale):
    return (scale * generator.standard_normal(shape)).astype(np.float32)


def make_weights(network: str, seed: int) -> dict[str, np.ndarray]:
    """Zero-mean weights, scaled so that hidden layers fire a few percent of the time."""
    generator = np.random.default_rng([seed, 0])
    weights = {"in": _normal(generator, (INPUTS, HIDDEN), 0.08)}
    if network == "ff":
        weights["hidden"] = _normal(generator, (HIDDEN, HIDDEN), 0.12)
    else:
        weights["recurrent"] = _normal(generator, (HIDDEN, HIDDEN), 0.05)
    return weights | {"out": _normal(generator, (HIDDEN, CLASSES), 0.05)}


def write_inputs(folder: str, steps: int, batch: int, seed: int) -> None:
    """Spikes of a seeded Bernoulli process, float32, in blocks of time (bounded memory)."""
    generator = np.random.default_rng([seed, 1])
    path = os.path.join(folder, "inputs.npy")
    shape = (steps, batch, INPUTS)
    out = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
    block = max(1, 2**24 // (batch * INPUTS))
    for start in range(0, steps, block):
        part = out[start : start + block]
        part[:] = generator.random(part.shape, dtype=np.float32) < INPUT_ACTIVITY
    out.flush()
    np.save(os.path.join(folder, "labels.npy"), generator.integers(0, CLASSES, batch))


def load(folder: str, network: str, seed: int) -> Problem:
    """Map the input into memory: all workers of a cell share its pages."""
    inputs = np.load(os.path.join(folder, "inputs.npy"), mmap_mode="c")
    labels = np.load(os.path.join(folder, "labels.npy"))
    return Problem(network, make_weights(network, seed), np.asarray(inputs), labels)


def firing_rates(problem: Problem, steps: int = 300, batch: int = 4) -> dict[str, float]:
    """Fraction of ticks with a spike per hidden layer, before training, on a few samples."""
    inputs = problem.inputs[:steps, :batch]
    layers = ["in", "hidden"] if problem.network == "ff" else ["in"]
    rates = {}
    for layer in layers:
        current = inputs @ problem.weights[layer]
        v = np.zeros_like(current[0])
        spikes = np.zeros_like(current)
        for t in range(len(current)):
            v = np.float32(DECAY) * v + current[t]
            if problem.network == "rec" and t > 0:
                v = v + spikes[t - 1] @ problem.weights["recurrent"]
            spikes[t] = v >= THRESHOLD
            v = v - spikes[t]
        rates[layer], inputs = float(spikes.mean()), spikes
    return rates


def describe() -> str:
    """The constants of the problem as JSON, for the results file."""
    return json.dumps(
        {
            "layers": [INPUTS, HIDDEN, CLASSES],
            "tau_ms": TAU_MS,
            "dt_ms": DT_MS,
            "input_activity": INPUT_ACTIVITY,
            "learning_rate": LEARNING_RATE,
        }
    )
