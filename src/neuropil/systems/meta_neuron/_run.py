"""One run into a folder, for the command line."""

import jax
import numpy as np

from ...training import Checkpoints, ProgressBar
from .._system import Outcome, RunContext
from ._complexity import read
from ._network import learner, parameters_of
from ._pictures import pictures
from ._plan import TICK_MS, Settings, plan_for
from ._training import judge, judge_tempotron, learn, samples, teach_tempotron


def run(settings: Settings, context: RunContext) -> Outcome:
    """Let one neuron learn, teach a Tempotron, and read complexity, on the same samples."""
    plan, folder = plan_for(settings, context.data, context.quick), context.folder
    train, test = samples(plan, context.seed)
    channels = train[0].shape[2]
    build_key, fit_key = jax.random.split(jax.random.key(context.seed))
    before = learner(settings.neuron, plan, channels, build_key)
    found, followed = learn(
        before,
        settings.neuron,
        settings.learns,
        plan,
        train,
        fit_key,
        progress=ProgressBar() if context.show else None,
        log=folder.log,
        checkpoints=Checkpoints(folder.checkpoint, resume=context.resume),
    )
    taught = teach_tempotron(plan, train, fit_key)
    told = read(plan, context.seed)
    metrics = {
        "test_accuracy": judge(found.node, plan, test),
        "test_accuracy_before": judge(before, plan, test),
        "test_accuracy_tempotron": judge_tempotron(taught, plan, test),
        "test_accuracy_complexity": told.by_complexity,
        "test_accuracy_counts": told.by_counts,
        **{f"learned_{name}": value for name, value in parameters_of(found.node).items()},
    }
    arrays = pictures(before, found.node, taught, followed, told, plan, test)
    setup = {name: getattr(plan, name) for name in ("epochs", "samples", "rate", "parameter_rate")}
    setup |= {
        "training_samples": len(train[1]),
        "test_samples": len(test[1]),
        "channels": channels,
        "bins": train[0].shape[1],
        "spikes_for": plan.classes[plan.spikes],
        "input_rate_hz": float(np.mean(train[0]) * 1000.0 / TICK_MS),
    }
    return Outcome(metrics, arrays, tick_ms=TICK_MS, classes=plan.classes, setup=setup)
