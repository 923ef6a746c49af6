"""How the neuron learns: gradients through spikes, or the Tempotron."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

from ...core import Network, learnable_mask, simulate
from ...training import (
    Fit,
    accuracy,
    by_field,
    cross_entropy,
    evaluate,
    fit,
    learnable_also,
    on_log_scale,
)
from ._network import parameters_of, tempotron, with_weight
from ._plan import TEST_SEED, TICK_MS, Learns, Neuron, Plan

SHARPNESS = 4.0


def samples(plan: Plan, seed: int) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Return spikes and classes, for training and to test."""
    found = (plan.make(plan.samples, seed=s) for s in (seed, TEST_SEED + seed))
    return tuple((inputs, targets) for inputs, targets in found)


def scores(output):
    """Return scores of no spike, and of some: half a spike lies between them."""
    count = jnp.sum(output[..., 0], axis=0)
    return SHARPNESS * jnp.stack([jnp.full_like(count, 0.5), count], -1)


LOSS, ACCURACY = cross_entropy(scores), accuracy(scores)


def decides(plan: Plan, data: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return the samples with 1 where the neuron should spike."""
    return data[0], (data[1] == plan.spikes).astype(np.int32)


def optimizer_of(neuron: Neuron, learns: Learns, plan: Plan) -> tuple[Any, Callable]:
    """Return the optimiser, and what it moves."""
    weights, own = optax.adam(plan.rate), optax.adam(plan.parameter_rate)
    fields = {"threshold": on_log_scale(own, 0.1, 5.0)}
    if learns is Learns.WEIGHTS:
        return weights, learnable_mask
    if learns is Learns.ALL:
        fields |= {"tau": on_log_scale(own, 2.0, 200.0)}
        if neuron is Neuron.META:
            fields |= {"tau_u": on_log_scale(own, 2.0, 200.0), "a": own, "b": own, "c": own}
    return by_field(fields, other=weights), learnable_also(*fields)


def learn(
    network: Network, neuron: Neuron, learns: Learns, plan: Plan, data: Any, key, **options: Any
) -> tuple[Fit, list[dict[str, float]]]:
    """Return what gradients find, and the neuron's parameters before every epoch and at last."""
    optimizer, trainable = optimizer_of(neuron, learns, plan)
    seen: list[dict[str, float]] = []

    def watch(node, epoch):
        seen.append(parameters_of(node))
        return node

    found = fit(
        network,
        decides(plan, data),
        loss=LOSS,
        metrics={"accuracy": ACCURACY},
        optimizer=optimizer,
        trainable=trainable,
        schedules=[watch],
        epochs=plan.epochs,
        batch_size=32,
        dt=TICK_MS,
        key=key,
        **options,
    )
    return found, [*seen, parameters_of(found.node)]


def judge(network: Network, plan: Plan, data: Any) -> float:
    """Return how often the neuron spikes where it should, and only there."""
    judged = {"loss": LOSS, "metrics": {"accuracy": ACCURACY}, "dt": TICK_MS}
    return evaluate(network, decides(plan, data), key=jax.random.key(0), **judged).values[
        "accuracy"
    ]


def teach_tempotron(plan: Plan, data: Any, key, epochs: int = 20, rate: float = 2e-3) -> Network:
    """Return a Tempotron taught trial by trial."""
    inputs, targets = decides(plan, data)
    trials = jnp.asarray(inputs, jnp.float32)
    labels = np.zeros((*inputs.shape[:2], 1), np.float32)
    labels[:, -1, 0] = 2.0 * targets - 1.0
    build_key, key = jax.random.split(key)
    network = tempotron(inputs.shape[2], rate, build_key)
    weight = network.projections[1].weight
    for epoch in range(epochs):
        order = jax.random.permutation(jax.random.fold_in(key, epoch), len(trials))
        weight = _taught(network, weight, trials[order], jnp.asarray(labels)[order])
    return with_weight(network, weight)


@eqx.filter_jit
def _taught(network, weight, trials, labels):
    def trial(weight, x):
        inputs = {"input": x[0], "label": x[1]}
        own = with_weight(network, weight)
        state, _ = simulate(own, inputs, dt=TICK_MS, key=jax.random.key(0), output=None)
        return state.node.weights[1], None

    return jax.lax.scan(trial, weight, (trials, labels))[0]


def judge_tempotron(network: Network, plan: Plan, data: Any) -> float:
    """Return how often the potential reaches the threshold where it should, and only there."""
    inputs, targets = decides(plan, data)
    spikes = np.moveaxis(inputs, 0, 1).astype(np.float32)
    still = {"input": spikes, "label": np.zeros((*spikes.shape[:2], 1), np.float32)}
    _, records = simulate(network, still, dt=TICK_MS, key=jax.random.key(0))
    spiked = np.asarray(records.output[..., 0]).max(0) >= 1.0
    return float(np.mean(spiked == targets))
