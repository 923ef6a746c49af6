"""A partially observed control task: a pole balanced by who sees no velocities."""

import json
import time
from typing import Any, NamedTuple

import equinox as eqx
import jax
import numpy as np

from ...core import Node
from ...numerics import filled, named_arrays, read_arrays, write_arrays, write_bytes
from .._system import Outcome, RunContext
from ._actor_critic import begin, experience, update
from ._episodes import ACTIONS, SCALE, TOKENS, Episodes, padded, play_episodes, tokens
from ._inner_life import synchronisation_over_time, thoughts
from ._network import build, count_parameters
from ._plan import Model, Plan, described
from ._training import optimizer

LONGEST, STEPS_OF_UPDATE, JUDGED, MOST = 200, 4, 20, 500
SHOWN = 64


class Stand(NamedTuple):
    """Where the training is."""

    node: Node
    optimizer: Any
    history: tuple[dict, ...]


def play(plan: Plan, model: Model, context: RunContext) -> Outcome:
    """Learn to balance, and show how; into a run folder."""
    node = build(TOKENS, ACTIONS + 1, plan, model, jax.random.key(context.seed))
    trained = learn(node, plan, context.seed, context)
    random = np.random.default_rng([context.seed, 1])
    found = play_episodes(trained, JUDGED, MOST, random, greedy=True)
    metrics = {
        "mean_steps_balanced": float(found.lengths.mean()),
        "share_of_episodes_to_the_end": float((found.lengths == MOST).mean()),
        "trained_parameters": count_parameters(node),
    }
    history = [json.loads(line) for line in context.folder.log.read_text().splitlines()]
    arrays = _pictures(trained, found, history)
    return Outcome(metrics, arrays, setup=described(plan, model))


def learn(node: Node, plan: Plan, seed: int, context: RunContext | None = None) -> Node:
    """Return the node after `plan.epochs` passes of playing `plan.samples` episodes and learning.

    Every pass depends on the seed, its number and the node, so it goes on bit for bit from what
    the last one left in the folder.
    """
    chosen = optimizer(plan.rate, STEPS_OF_UPDATE * plan.epochs)
    stand = Stand(node, begin(node, chosen), ())
    if context is not None and context.resume and context.folder.checkpoint.exists():
        stand = _read(stand, context)
    while len(stand.history) < plan.epochs:
        began, number = time.perf_counter(), len(stand.history)
        random = np.random.default_rng([seed, 0, number])
        played = play_episodes(stand.node, plan.samples, LONGEST, random, greedy=False)
        got = experience(padded(played, LONGEST))
        now, state = stand.node, stand.optimizer
        for _ in range(STEPS_OF_UPDATE):
            now, state, loss = update(now, state, chosen, got)
        entry = {
            "epoch": number,
            "train": {"loss": float(loss), "steps_balanced": float(played.lengths.mean())},
            "seconds": round(time.perf_counter() - began, 3),
        }
        stand = Stand(now, state, (*stand.history, entry))
        if context is not None:
            _write(stand, context)
            if context.show and number % 10 == 9:
                print(f"pass {number + 1}: {played.lengths.mean():.0f} steps balanced", flush=True)
    return stand.node


def _write(stand: Stand, context: RunContext) -> None:
    lines = "".join(json.dumps(entry) + "\n" for entry in stand.history)
    arrays = named_arrays("stand", eqx.filter((stand.node, stand.optimizer), eqx.is_array))
    about = {"kind": "control", "history": list(stand.history)}
    write_arrays(context.folder.checkpoint, arrays, about)
    write_bytes(context.folder.log, lines.encode())


def _read(like: Stand, context: RunContext) -> Stand:
    path = context.folder.checkpoint
    arrays, about = read_arrays(path)
    own, rest = eqx.partition((like.node, like.optimizer), eqx.is_array)
    node, state = eqx.combine(filled("stand", own, arrays, path), rest)
    return Stand(node, state, tuple(about["history"]))


def _pictures(node: Node, found: Episodes, history: list[dict]) -> dict[str, np.ndarray]:
    """Return learning, one episode, and what goes on in the network in it."""
    passes = np.arange(1.0, len(history) + 1)
    balanced = [entry["train"]["steps_balanced"] for entry in history]
    length = int(found.lengths[0])
    step, seen = np.arange(1.0, length + 1), found.seen[:length, 0]
    inputs = jax.vmap(tokens)(seen)
    thought = jax.device_get(thoughts(node, inputs))
    activations = thought.activation[:, :SHOWN]
    matrix = synchronisation_over_time(activations)[-1]
    share = "of where an episode ends over step"
    return {
        "curves/steps balanced (mean) over pass/training": np.array([passes, balanced]),
        f"curves/position and angle, {share}/position": np.array([step, seen[:, 0] / SCALE[0]]),
        f"curves/position and angle, {share}/angle": np.array([step, seen[:, 1] / SCALE[1]]),
        "raster/one episode, inner ticks/neurons": activations,
        "maps/where it looks, inner tick (down) by position and angle (across)/one episode":
            thought.attention.mean(axis=1)[:SHOWN],
        "maps/synchronisation of neurons after one episode, scaled/all pairs": matrix,
    }  # fmt: skip
