"""What the report of a run draws."""

import jax
import numpy as np

from ...core import Node
from ...sequence import Thought
from ._data import Parts
from ._inner_life import (
    certainty_of,
    right_of,
    stopped_when_certain,
    synchronisation_over_time,
    thoughts,
)
from ._training import answers

SHOWN, JUDGED, MOST_NEURONS, TRACES = 3, 500, 64, 6
STEPS = np.array([[-1, 0], [1, 0], [0, -1], [0, 1], [0, 0]])  # of MAZE_MOVES
Arrays = dict[str, np.ndarray]


def pictures(node: Node, task: str, parts: Parts) -> Arrays:
    """Return what the report draws of a network that thinks."""
    count = min(JUDGED, len(parts.test.targets))
    scores = answers(node, parts, count)
    arrays = over_ticks(task, scores, parts.test.targets[:count])
    for index in range(min(SHOWN, count)):
        arrays |= of_one(node, task, parts, index)
    return arrays


def over_ticks(task: str, scores: np.ndarray, targets: np.ndarray) -> Arrays:
    """Return certainty and accuracy tick by tick, and what stopping early costs."""
    sure, tick = certainty_of(scores), np.arange(1.0, scores.shape[1] + 1)
    certain = "curves/certainty (mean) over tick"
    if task == "sorting":  # a list is spelled out over all ticks: none of them is right by itself
        return {f"{certain}/all samples": _mean(tick, sure)}
    right = right_of(scores, targets)
    groups = {"right at the last tick": right[:, -1] == 1.0}
    groups["wrong, or wrong in part"] = ~groups["right at the last tick"]
    share, cost = "curves/accuracy over tick", "curves/accuracy over ticks taken (mean)"
    arrays = {
        **{f"{certain}/{k}": _mean(tick, sure[some]) for k, some in groups.items() if some.any()},
        f"{share}/of what is answered in that tick": _mean(tick, right),
        f"{cost}/stopped when certain": stopped_when_certain(sure, right),
        f"{cost}/the same ticks for all": np.array([tick, right.mean(axis=0)]),
    }
    if scores.ndim == 4:
        every = (scores.argmax(axis=-1) == targets[:, None]).mean(axis=0)
        arrays["maps/share of right answers, tick (down) by position (across)/all samples"] = every
    else:
        best = scores[np.arange(len(sure)), sure.argmax(axis=1)].argmax(axis=-1)
        confusion = np.zeros((scores.shape[-1],) * 2, np.int64)
        np.add.at(confusion, (targets, best), 1)
        arrays["confusion"] = confusion
    return arrays


def of_one(node: Node, task: str, parts: Parts, index: int) -> Arrays:
    """Return where the network looks, its traces and its synchronisation, for one sample."""
    inputs, target = parts.test.inputs[index], parts.test.targets[index]
    thought = jax.device_get(thoughts(node, parts.encode(inputs, jax.random.key(0))))
    name = f"sample {index}"
    if np.ndim(target) == 0:
        name = f"{parts.classes[int(target)]} ({name})"
    activations = thought.activation[:, :MOST_NEURONS]
    arrays = {f"raster/{name}/neurons": activations} | _attention(
        task, parts, inputs, thought, name
    )
    if not isinstance(thought, Thought):
        return arrays
    matrix = synchronisation_over_time(activations)
    tick = np.arange(1.0, len(activations) + 1)
    liveliest = np.sort(np.argsort(-activations.std(axis=0))[:TRACES])
    return arrays | {
        **{
            f"curves/activation over tick, {name}/neuron {neuron}": np.array(
                [tick, activations[:, neuron]]
            )
            for neuron in liveliest
        },
        f"raster/{name}/arrivals": thought.pre_activation[:, :MOST_NEURONS],
        f"raster/{name}/synchronisation that answers": thought.out[:, :MOST_NEURONS],
        f"film/synchronisation of neurons, scaled, {name}/every pair": matrix,
        f"maps/synchronisation of neurons after the last tick, scaled/{name}": matrix[-1],
    }


def _attention(task, parts, inputs, thought, name) -> Arrays:
    rows, columns = parts.grid
    looked = thought.attention.mean(axis=1)
    if rows == 1:
        return {f"maps/where it looks, tick (down) by token (across)/{name}": looked}
    frames = looked.reshape(-1, rows, columns)
    if task == "maze":
        seen = ways(inputs, thought.output.reshape(len(looked), parts.positions, -1))
        frames = np.kron(frames, np.ones((2, 2)))
        frames = np.pad(frames, ((0, 0), (1, 0), (1, 0)))
    else:
        side = int(len(inputs) ** 0.5)
        seen = np.repeat(inputs.reshape(1, side, side, 1), len(looked), axis=0) * np.ones(3)
    return {
        f"film/where it looks, {name}/input": seen,
        f"film/where it looks, {name}/attention": frames,
    }


def ways(maze: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return the maze with the way that is answered in every tick, `[tick, row, column, 3]`.

    Free pixels are grey, the start red, the goal green, the way blue; it ends at a wall.
    """
    frames = np.repeat(maze[None, :, :, :1] * np.array([0.6, 0.6, 0.6]), len(scores), axis=0)
    start = np.argwhere(maze[:, :, 1])[0]
    for frame, moves in zip(frames, scores.argmax(axis=-1), strict=True):
        at = start
        for move in moves:
            at = at + STEPS[move]
            if not maze[at[0], at[1], 0]:
                break
            frame[at[0], at[1]] = (0.3, 0.6, 1.0)
    frames[:, maze[:, :, 1] == 1] = (1.0, 0.3, 0.2)
    frames[:, maze[:, :, 2] == 1] = (0.3, 0.9, 0.4)
    return frames


def _mean(tick, values) -> np.ndarray:
    """Return ticks, means and their standard errors."""
    error = values.std(axis=0) / np.sqrt(len(values))
    return np.array([tick, values.mean(axis=0), error])
