"""One run into a folder, for the command line."""

import jax

from ...training import Checkpoints, ProgressBar
from .._system import Outcome, RunContext
from ._control import play
from ._data import load
from ._network import build, count_parameters
from ._pictures import pictures
from ._plan import Settings, described, plan_for
from ._training import judge, outputs_of, train


def run(settings: Settings, context: RunContext) -> Outcome:
    """Train for one task, into a run folder."""
    plan = plan_for(settings, context.data, context.quick)
    if context.data == "cart-pole":
        return play(plan, settings.model, context)
    parts = load(context.data, plan, context.seed)
    build_key, train_key = jax.random.split(jax.random.key(context.seed))
    outputs = outputs_of(context.data, parts)
    node = build(parts.tokens, outputs, plan, settings.model, build_key)
    fitted = train(
        node,
        context.data,
        parts,
        plan,
        train_key,
        settings.model,
        validation=parts.encoded(parts.validation),
        progress=ProgressBar() if context.show else None,
        log=context.folder.log,
        checkpoints=Checkpoints(context.folder.checkpoint, resume=context.resume),
    )
    test = judge(fitted.node, context.data, parts, settings.model)
    metrics = {
        "test_accuracy": test.accuracy,
        "test_loss": test.loss,
        "trained_parameters": count_parameters(node),
    }
    arrays = pictures(fitted.node, context.data, parts)
    classes = parts.classes if "confusion" in arrays else ()
    return Outcome(metrics, arrays, classes=classes, setup=described(plan, settings.model))
