"""One run into a folder, for the command line."""

from typing import Any

from ...training import Checkpoints, ProgressBar
from .._system import Outcome, RunContext
from ._network import numbers
from ._pictures import inner_life, learning, pruning
from ._plan import Settings, Unit, load, plan_for
from ._training import judge, prune_and_tune, start, train


def run(settings: Settings, context: RunContext) -> Outcome:
    """Train events, a GRU and quieter events on one text; prune the first and tune it."""
    text, plan = load(context.data), plan_for(settings, context.data, context.quick)
    folder = context.folder

    def options(name: str) -> dict[str, Any]:
        path = folder.checkpoint.with_name(f"checkpoint{name}.safetensors")
        return {
            "progress": ProgressBar() if context.show else None,
            "checkpoints": Checkpoints(path, resume=context.resume),
        }

    def fitted(unit, **more):
        network, key = start(text, plan, unit, context.seed)
        return train(network, text, plan, key, **more)

    events = fitted(Unit.EGRU, log=folder.log, **options(""))
    gru = fitted(Unit.GRU, **options("-gru"))
    quiet = fitted(Unit.EGRU, penalty=plan.penalty, **options("-quiet"))
    _, key = start(text, plan, Unit.EGRU, context.seed)
    progress = ProgressBar() if context.show else None
    pruned = prune_and_tune(events.node, text, plan, key, progress=progress)
    networks = {
        "": events.node,
        "_gru": gru.node,
        "_quiet": quiet.node,
        "_pruned": pruned[-1].network,
    }
    scores = {name: judge(network, text, plan) for name, network in networks.items()}
    dense = 3 * plan.hidden**2
    metrics = {
        **{f"test_perplexity{name}": s.perplexity for name, s in scores.items()},
        **{f"activity{name}": s.activity for name, s in scores.items() if name != "_gru"},
        "perplexity_over_gru": scores[""].perplexity / scores["_gru"].perplexity,
        "recurrent_operations_dense": dense,
        "recurrent_operations": pruned[0].operations,
        "recurrent_operations_pruned": pruned[-1].operations,
        "trained_parameters": numbers(events.node),
    }
    if text.floor is not None:
        metrics["lowest_possible_perplexity"] = text.floor
    arrays = inner_life(events.node, text, plan) | pruning(pruned, dense)
    for name, fit in (("events", events), ("GRU", gru), ("quieter events", quiet)):
        arrays |= learning(name, fit.history)
    setup = {name: getattr(plan, name) for name in vars(settings)} | {
        "embedding": plan.embedding,
        "symbols": len(text.symbols),
        "training_symbols": len(text.train),
        "test_symbols": len(text.test),
    }
    return Outcome(metrics, arrays, tick_ms=None, setup=setup)
