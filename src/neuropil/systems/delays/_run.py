"""One run into a folder, for the command line."""

import jax

from ...training import Checkpoints, ProgressBar, Stopping
from .._system import Outcome, RunContext
from ._network import build, count_trained, with_whole_delays
from ._pictures import pictures
from ._plan import LOADERS, TICK_MS, Settings, plan_for
from ._training import judge, samples, train


def run(settings: Settings, context: RunContext) -> Outcome:
    """Train on one data set, into a run folder."""
    task, plan = LOADERS[context.data](), plan_for(settings, context.data, context.quick)
    build_key, train_key = jax.random.split(jax.random.key(context.seed))
    network = build(task.features, len(task.classes), plan, settings.mechanism, build_key)
    folder = context.folder
    fitted = train(
        network,
        task,
        plan,
        settings.mechanism,
        train_key,
        validation=samples(task, "validation", plan),
        stopping=Stopping("accuracy", patience=None, better=max),
        progress=ProgressBar() if context.show else None,
        log=folder.log,
        checkpoints=Checkpoints(folder.checkpoint, resume=context.resume),
    )
    final = with_whole_delays(fitted.frozen)
    test = judge(final, task, plan)
    metrics = {
        "test_accuracy": test.values["accuracy"],
        "test_loss": test.values["loss"],
        "validation_accuracy": max(e["validation"]["accuracy"] for e in fitted.history),
        "trained_parameters": count_trained(network, settings.mechanism),
        **{f"spikes_per_tick_{name}": rate for name, rate in test.rates.items()},
    }
    arrays = pictures(network, final, task, plan)
    setup = {name: getattr(plan, name) for name in vars(settings) if name != "mechanism"} | {
        "membrane_time_constant_ms": plan.tau,
        "tick_ms": TICK_MS,
        "training_samples": len(task.train),
        "validation_samples": len(task.validation),
        "test_samples": len(task.test),
        "input_channels": task.features,
    }
    return Outcome(metrics, arrays, tick_ms=TICK_MS, classes=task.classes, setup=setup)
