"""What a trained network knows, for how long it remembers, and what it takes to break it."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from ...analysis import Timescale, network_timescale
from ...cells import LeakyRNN
from ...core import simulate
from ._network import DT, FIRST, TASKS, head_of, ticks_of
from ._settings import Settings

TESTED, RETRAINED, TRIALS, WARM, DRIVEN = 2000, 3000, 10, 500, 4000
TRAIN_SEED, TEST_SEED, NEWTON = 1, 2, 12


def streams_to_test(task: str, settings: Settings, count: int, seed: int):
    """Return streams of fair bits, time first, and the answers for every N."""
    ticks = ticks_of(settings)
    bits, answers = TASKS[task](count, settings.longest, ticks, ticks, seed=seed)
    return jnp.asarray(bits.swapaxes(0, 1)), answers


@eqx.filter_jit
def _run(node, inputs):
    return simulate(node, inputs, dt=DT, key=jax.random.key(0))[1].output


def accuracies(network: Any, task: str, settings: Settings) -> Float[np.ndarray, " numbers"]:
    """Return the accuracy of every N's own head, on fair bits."""
    bits, answers = streams_to_test(task, settings, TESTED, TEST_SEED)
    scores = np.asarray(_run(network, {"rnn": bits})[-1]).reshape(TESTED, -1, 2)
    heads = [head_of(settings, n) for n in range(FIRST, settings.longest + 1)]
    return (scores[:, heads].argmax(axis=-1) == answers).mean(axis=0)


def retrained(network: Any, task: str, settings: Settings) -> Float[np.ndarray, " numbers"]:
    """Return the accuracy of new linear readouts of the same states, for every N, on fair bits."""

    def states(count, seed) -> tuple[np.ndarray, Int[np.ndarray, "stream numbers"]]:
        bits, answers = streams_to_test(task, settings, count, seed)
        return np.asarray(_run(network.nodes["rnn"], bits)[-1]), answers

    known, answers = states(RETRAINED, TRAIN_SEED)
    new, expected = states(TESTED, TEST_SEED)
    mean, scale = known.mean(axis=0), known.std(axis=0) + 1e-6
    weights = logistic_readouts((known - mean) / scale, answers)
    found = _with_one((new - mean) / scale) @ weights > 0
    return (found == expected).mean(axis=0)


def logistic_readouts(
    states: Float[np.ndarray, "sample neuron"], answers: Int[np.ndarray, "sample numbers"]
) -> Float[np.ndarray, "neuron_plus_1 numbers"]:
    """Return the weights of a logistic regression for every answer, by Newton's method.

    A penalty of half the squared weights keeps them finite where classes are separable.
    """
    x = _with_one(states.astype(float))
    penalty = np.eye(x.shape[1])
    penalty[-1, -1] = 1e-9  # the bias is free
    weights = np.zeros((x.shape[1], answers.shape[1]))
    for column in range(answers.shape[1]):
        w = weights[:, column]
        for _ in range(NEWTON):
            p = 1.0 / (1.0 + np.exp(-np.clip(x @ w, -30.0, 30.0)))
            slope = x.T @ (answers[:, column] - p) - penalty @ w
            curvature = (x * (p * (1.0 - p))[:, None]).T @ x + penalty
            w = w + np.linalg.solve(curvature, slope)
        weights[:, column] = w
    return weights


def _with_one(states):
    return np.concatenate([states, np.ones((len(states), 1))], axis=1)


def rnn_of(network: Any) -> LeakyRNN:
    """Return the rate neurons of a network."""
    return network.nodes["rnn"]


def time_constants(network: Any) -> Float[np.ndarray, " neuron"]:
    """Return the time constants that act, in ms: a tick at least."""
    return np.maximum(np.asarray(rnn_of(network).time_constant), DT)


def timescales(network: Any, seed: int) -> Timescale:
    """Return the timescale of every neuron in the network, driven by random bits."""
    random = np.random.default_rng(seed)
    bits = random.integers(0, 2, (WARM + DRIVEN, TRIALS, 1)).astype(np.float32)
    traces = np.asarray(_run(network.nodes["rnn"], jnp.asarray(bits)))[WARM:]
    return network_timescale(traces.swapaxes(0, 1), DT)


def without_memory(network: Any) -> Any:
    """Return the network with neither connections nor time constants."""
    rnn = rnn_of(network)
    parts = jnp.zeros_like(rnn.weight), jnp.full_like(rnn.time_constant, DT)
    bare = eqx.tree_at(lambda r: (r.weight, r.time_constant), rnn, parts)
    return eqx.tree_at(lambda n: n.nodes["rnn"], network, bare)


def perturbed(network: Any, share: float, seed: int) -> Any:
    """Return the network with its weights moved in a random direction, by a share of their norm."""
    weight = rnn_of(network).weight
    direction = np.random.default_rng(seed).normal(size=weight.shape)
    step = share * np.linalg.norm(weight) * direction / np.linalg.norm(direction)
    return eqx.tree_at(
        lambda n: n.nodes["rnn"].weight, network, weight + jnp.asarray(step, weight.dtype)
    )
