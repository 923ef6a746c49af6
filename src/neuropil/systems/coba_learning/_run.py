"""One run into a folder, for the command line."""

import jax

from ...training import Checkpoints, ProgressBar
from .._machine import peak_memory_mb
from .._system import Outcome, RunContext
from ._network import recurrent
from ._pictures import SHOWN_MS, changed_sign, pictures
from ._plan import Settings, plan_for
from ._training import Form, judge, train, untrained
from ._trials import CLASSES


def run(settings: Settings, context: RunContext) -> Outcome:
    """Train the network, into a run folder."""
    plan, folder = plan_for(settings, context.quick), context.folder
    before = untrained(plan, Form.WHOLE, jax.random.key(context.seed))
    after = train(
        before,
        plan,
        Form.WHOLE,
        context.seed,
        progress=ProgressBar() if context.show else None,
        log=folder.log,
        checkpoints=Checkpoints(folder.checkpoint, resume=context.resume),
    )
    peak = peak_memory_mb()
    test = judge(after, plan, context.seed)
    metrics = {
        "test_accuracy": test.values["accuracy"],
        "test_loss": test.values["loss"],
        "synapses_that_changed_sign": changed_sign(before, after),
        **({} if peak is None else {"peak_memory_training_mb": peak}),
        **{f"rate_{n}_hz": 1000.0 / plan.tick * test.rates[n] for n in ("exc", "inh")},
    }
    setup = {
        **{name: getattr(plan, name) for name in vars(settings)},
        "ticks_in_a_trial": plan.ticks,
        "ticks_in_a_segment": plan.segment,
        "training_trials": plan.trials,
        "test_trials": plan.tests,
        "batch_size": plan.batch_size,
        "synapses": sum(int(p.weight.size) for p in after.projections),
        "synapses_between_neurons": sum(int(w.size) for w in recurrent(after)),
    }
    arrays = pictures(before, after, plan, context.seed)
    return Outcome(metrics, arrays, tick_ms=SHOWN_MS, classes=CLASSES, setup=setup)
