"""One run into a folder, for the command line."""

from dataclasses import replace

import jax
import numpy as np

from ...training import Checkpoints, ProgressBar
from .._system import Outcome, RunContext
from ._measures import accuracies, perturbed, retrained, rnn_of, time_constants, timescales
from ._network import FIRST, build, head_of, train
from ._settings import Settings

QUICK = {"longest": 3, "epochs": 10}
MOST_OF_BAND = 50.0  # ms; beyond it the fit found no end
SHARES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)


def run(settings: Settings, context: RunContext) -> Outcome:
    """Train through a curriculum, and measure time constants and timescales, into a run folder."""
    if context.quick:
        settings = replace(settings, **{k: min(getattr(settings, k), v) for k, v in QUICK.items()})
    build_key, train_key = jax.random.split(jax.random.key(context.seed))
    network = build(settings, build_key)
    fitted = train(
        network,
        context.data,
        settings,
        train_key,
        progress=ProgressBar() if context.show else None,
        log=context.folder.log,
        checkpoints=Checkpoints(context.folder.checkpoint, resume=context.resume),
    )
    node, history = fitted.node, fitted.history
    numbers = np.arange(FIRST, settings.longest + 1)
    own = accuracies(node, context.data, settings)
    anew = retrained(node, context.data, settings)
    before, after = time_constants(network), time_constants(node)
    of_network = {"before": timescales(network, context.seed), "after": timescales(node, 0)}
    reached = history[-1].get("stage", settings.longest - FIRST) + FIRST
    newest = history[-1]["train"]
    passed = min(newest["accuracy"], newest["newest"]) >= settings.threshold
    metrics = {
        "largest_number_passed": float(reached if passed else reached - 1),
        "epochs": float(len(history)),
        "mean_accuracy_of_heads": float(own.mean()),
        "mean_time_constant_ms": float(after.mean()),
        "median_timescale_in_the_network_ms": float(np.nanmedian(of_network["after"].tau)),
        "mean_time_constant_before_ms": float(before.mean()),
        "median_timescale_before_ms": float(np.nanmedian(of_network["before"].tau)),
    }
    stages = [entry.get("stage", settings.longest - FIRST) + FIRST for entry in history]
    robust = [
        np.mean([accuracies(perturbed(node, share, seed), context.data, settings)[-1]
                 for seed in range(3)])
        for share in SHARES
    ]  # fmt: skip
    arrays = {
        "curves/N over epoch/being learnt": np.array([np.arange(len(stages)) + 1, stages]),
        "curves/accuracy on fair bits over N/its own head": np.array([numbers, own]),
        "curves/accuracy on fair bits over N/a readout trained anew": np.array([numbers, anew]),
        "curves/accuracy at the last N over size of a random change of weights/mean of three":
            np.array([SHARES, robust]),
        "weights/neurons -> neurons/before": np.asarray(rnn_of(network).weight),
        "weights/neurons -> neurons/after": np.asarray(rnn_of(node).weight),
        **_sorted(before, after, of_network),
    }  # fmt: skip
    heads = {head_of(settings, int(n)) for n in numbers}
    setup = {"heads": len(heads), "longest_stream_ticks": 4 * settings.longest + 1}
    return Outcome(metrics, arrays, tick_ms=1.0, setup=setup)


def _sorted(before, after, of_network) -> dict[str, np.ndarray]:
    """Time constants and timescales of neurons in order, with the band of the trials."""
    rank = np.arange(len(before)) + 1
    name = "curves/time constant (ms) over neuron, in order"
    arrays = {
        f"{name}/before": np.array([rank, np.sort(before)]),
        f"{name}/after": np.array([rank, np.sort(after)]),
    }
    title = "curves/timescale in the network (ms), where trials agree, over neuron, in order"
    for when, found in of_network.items():
        agreed = np.flatnonzero(found.high < MOST_OF_BAND)
        order = agreed[np.argsort(found.tau[agreed])]
        if len(order):
            rank = np.arange(len(order)) + 1
            arrays[f"{title}/{when}"] = np.array([rank, found.tau[order]])
            if when == "after":
                arrays[f"{title}/after, 2.5 % of trials"] = np.array([rank, found.low[order]])
                arrays[f"{title}/after, 97.5 %"] = np.array([rank, found.high[order]])
    return arrays
