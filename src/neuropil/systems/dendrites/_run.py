"""One run into a folder, for the command line."""

import json

import equinox as eqx
import jax

from ...core import Network, learnable_mask
from ...training import Checkpoints, ProgressBar
from .._folder import write_text
from .._system import Outcome, RunContext
from ._pictures import pictures
from ._plan import LOADERS, TICK_MS, Settings, plan_for
from ._training import control, correlations, grow, scores, shown


def run(settings: Settings, context: RunContext) -> Outcome:
    """Grow a network on one data set, and fit one without dendrites as long."""
    plan = plan_for(settings, context.data, context.quick)
    folder = context.folder
    train, test = shown(context.data, plan)
    shows = {"progress": ProgressBar() if context.show else None}
    grown = grow(
        context.data,
        plan,
        context.seed,
        checkpoints=Checkpoints(folder.checkpoint, resume=context.resume),
        **shows,
    )
    plain = control(
        context.data,
        plan,
        context.seed,
        checkpoints=Checkpoints(
            folder.checkpoint.with_name("checkpoint-control.safetensors"), resume=context.resume
        ),
        **shows,
    )
    log = [json.dumps(entry) + "\n" for entry in grown.history]
    write_text(folder.log, "".join(log))
    phases = [tuple(correlations(n, train) for n in pair) for pair in grown.dendrites]
    networks = {"grown": grown.network, "before": grown.neurons[0], "control": plain.node}
    held = {name: scores(network, test) for name, network in networks.items()}
    learnt = {name: scores(network, train) for name, network in networks.items()}
    metrics = {
        "test_accuracy": held["grown"]["accuracy"],
        "test_accuracy_before_growth": held["before"]["accuracy"],
        "test_accuracy_control": held["control"]["accuracy"],
        "train_loss": learnt["grown"]["loss"],
        "train_loss_control": learnt["control"]["loss"],
        "train_loss_over_control": learnt["grown"]["loss"] / learnt["control"]["loss"],
        "parameters": numbers(grown.network),
        "parameters_before_growth": numbers(grown.neurons[0]),
    }
    task = LOADERS[context.data]()
    arrays = pictures(grown, plain, phases, plan, task, test)
    setup = {name: getattr(plan, name) for name in vars(settings) if name != "kind"}
    setup |= {"training_samples": train.size, "test_samples": test.size, "tick_ms": TICK_MS}
    return Outcome(metrics, arrays, tick_ms=TICK_MS, classes=task.classes, setup=setup)


def numbers(network: Network) -> int:
    """Return how many numbers of a network are learnt in one phase or another."""
    return sum(x.size for x in jax.tree.leaves(eqx.filter(network, learnable_mask(network))))
