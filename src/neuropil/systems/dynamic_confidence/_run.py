"""One run into a folder, for the command line."""

from dataclasses import replace

import jax
import numpy as np

from ...coding import (
    confidence_over_time,
    exit_curve,
    oracle_exits,
    pareto_front,
    right_over_time,
)
from ...core import Record, simulate
from ...training import Checkpoints, ProgressBar
from .._system import Outcome, RunContext
from ._judged import calibrate, judge, stopping
from ._network import DT, as_ticks, build, evidence, spikes_of, to_spiking, train
from ._settings import LOADERS, Settings

SHOWN, QUICK_EPOCHS, MOST_HELD_OUT = 3, 10, 2000


def run(settings: Settings, context: RunContext) -> Outcome:
    """Train, make it spike, choose the threshold, and stop early; into a run folder."""
    if context.quick:
        settings = replace(settings, epochs=min(settings.epochs, QUICK_EPOCHS))
    task = LOADERS[context.data]()
    keys = jax.random.split(jax.random.key(context.seed), 4)
    network = build(task.features, len(task.classes), settings, keys[0])
    fitted = train(
        network,
        task.train,
        settings,
        keys[1],
        validation=as_ticks(task.validation),
        progress=ProgressBar() if context.show else None,
        log=context.folder.log,
        checkpoints=Checkpoints(context.folder.checkpoint, resume=context.resume),
    )
    spiking = to_spiking(fitted.node)
    held_out = task.validation.take(range(min(len(task.validation), MOST_HELD_OUT)))
    threshold = calibrate(*evidence(spiking, held_out, settings, keys[2]), settings)
    shown, targets = evidence(spiking, task.test, settings, keys[3])
    tick = stopping(shown, threshold)
    own = judge(shown, targets, tick, np.random.default_rng(context.seed))
    oracle = oracle_exits(shown, targets)
    at_end = right_over_time(shown, targets)[-1]
    scores = simulate(fitted.node, task.test.inputs[None], dt=DT, key=keys[0])[1].output[-1]
    before = float((np.argmax(scores, axis=-1) == task.test.targets).mean())
    metrics = {
        "accuracy": own.accuracy,
        "latency_ticks": own.latency,
        "accuracy_after_all_ticks": float(at_end.mean()),
        "oracle_accuracy": float(oracle.right.mean()),
        "oracle_latency_ticks": float(oracle.tick.mean() + 1.0),
        "accuracy_before_conversion": before,
        "threshold": threshold,
        "gain_over_fixed_ticks": own.gain,
        "ticks_saved": 1.0 - own.latency / settings.ticks,
    }
    answers = shown[tick, np.arange(len(tick))].argmax(axis=-1)
    counts = np.zeros((len(task.classes), len(task.classes)), int)
    np.add.at(counts, (targets, answers), 1)
    arrays = {
        "confusion": counts,
        **_curves(shown, targets, tick, threshold, own, oracle),
        **_samples(spiking, task, shown, settings, keys[3]),
    }
    setup = {"training_samples": len(task.train), "validation_samples": len(held_out),
             "test_samples": len(task.test)}  # fmt: skip
    return Outcome(metrics, arrays, tick_ms=DT, classes=task.classes, setup=setup)


def _curves(shown, targets, tick, threshold, own, oracle) -> dict[str, np.ndarray]:
    """Accuracy over latency of all rules; confidence and stopping over time."""
    curve, ticks = exit_curve(shown, targets), np.arange(1, len(shown) + 1)
    front = pareto_front(curve)
    fixed = np.asarray(right_over_time(shown, targets)).mean(axis=1)
    best = [float(oracle.tick.mean() + 1.0)], [float(oracle.right.mean())]
    name, over_time = "curves/accuracy over mean latency (ticks)", "over tick"
    stops = np.bincount(tick, minlength=len(shown)) / len(tick)
    confidence = np.asarray(confidence_over_time(shown))
    right = np.asarray(right_over_time(shown, targets))[-1]
    of = {"right in the end": right, "wrong in the end": ~right}
    return {
        f"{name}/fixed ticks": np.array([ticks, fixed]),
        f"{name}/by confidence": np.array([front.latency, front.accuracy]),
        f"{name}/chosen threshold": np.array([[own.latency], [own.accuracy]]),
        f"{name}/oracle": np.array(best),
        f"curves/samples that stop (share) {over_time}/by confidence": np.array([ticks, stops]),
        **{
            f"curves/confidence (mean) {over_time}/{label}": np.array(
                [ticks, confidence[:, some].mean(axis=1)]
            )
            for label, some in of.items()
            if some.any()
        },
        f"curves/confidence (mean) {over_time}/threshold": np.array(
            [ticks, np.full(len(ticks), threshold)]
        ),
    }


def _samples(spiking, task, shown, settings, key) -> dict[str, np.ndarray]:
    """Spikes of a few samples, and their evidence."""
    spikes = spikes_of(task.test.inputs[:SHOWN], settings.ticks, key)
    names = [name for name in spiking.nodes if name != spiking.output]
    record = {name: Record(name) for name in names}
    kept = simulate(spiking, spikes, dt=DT, key=key, record=record)[1].kept
    arrays = {}
    for index in range(SHOWN):
        sample = f"raster/{task.classes[task.test.targets[index]]} (sample {index})"
        arrays |= {f"{sample}/{name}": np.asarray(kept[name][:, index]) for name in names}
        arrays[f"{sample}/evidence"] = shown[:, index]
    return arrays
