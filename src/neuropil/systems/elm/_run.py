"""One run into a folder, for the command line."""

import jax

from ...training import Arrays, Checkpoints, ProgressBar, Stopping
from .._system import Outcome, RunContext
from ._data import load
from ._model import build, count_trained, trained
from ._pictures import pictures
from ._plan import Settings, plan_for
from ._training import judge, train


def run(settings: Settings, context: RunContext) -> Outcome:
    """Train on one data set, into a run folder."""
    plan = plan_for(settings, context.data, context.quick)
    parts = load(context.data, plan, context.seed)
    build_key, train_key = jax.random.split(jax.random.key(context.seed))
    node = build(parts.channels, len(parts.classes), plan, settings.mechanism, build_key)
    folder = context.folder
    fitted = train(
        node,
        parts,
        plan,
        settings.learn_tau,
        train_key,
        validation=Arrays(*parts.validation),
        stopping=Stopping("accuracy", patience=None, better=max),
        progress=ProgressBar() if context.show else None,
        log=folder.log,
        checkpoints=Checkpoints(folder.checkpoint, resume=context.resume),
    )
    test = judge(fitted.node, parts, plan)
    metrics = {
        "test_accuracy": test.values["accuracy"],
        "test_loss": test.values["loss"],
        "validation_accuracy": max(e["validation"]["accuracy"] for e in fitted.history),
        "trained_parameters": count_trained(node, trained(settings.learn_tau)(node)),
    }
    setup = {name: getattr(plan, name) for name in plan.__dataclass_fields__} | {
        "mechanism": settings.mechanism.value,
        "learn_tau": settings.learn_tau,
        "ticks_of_a_sample": parts.train.inputs.shape[1],
        "input_channels": parts.channels,
    }
    arrays = pictures(node, fitted.node, parts, plan)
    return Outcome(metrics, arrays, tick_ms=plan.dt, classes=parts.classes, setup=setup)
