"""Neurons and dendrites learn in turn."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import jax
import optax

from ..core import Network
from ..numerics import as_count, as_instance, as_key
from ..training import Checkpoints, Data, Fit, Stopping, fit, load, save
from ._add import Initialiser, add_dendrites, faint
from ._ascent import USUAL, Ascent
from ._errors import PerSample
from ._masks import neuron_mask
from ._phase import train_dendrites


@dataclass(frozen=True)
class Grown:
    """What a growth leaves: the best network, and what happened on the way.

    `network`, that of the best cycle; `history`, the entries of all epochs of `fit`, counted
    through, each with its `cycle`; `neurons`, the networks that the neuron phases left; and
    `dendrites`, those with new dendrites, before and after the phase in which these learn.
    """

    network: Network
    history: list[dict[str, Any]] = field(repr=False)
    neurons: list[Network] = field(repr=False)
    dendrites: list[tuple[Network, Network]] = field(repr=False)


def fit_with_dendrites(
    network: Network,
    train: Data | tuple[Any, Any],
    *,
    cycles: int,
    loss: PerSample,
    optimizer: optax.GradientTransformation,
    epochs: int,
    batch_size: int,
    dt: float,
    key,
    projections: Sequence[str] | None = None,
    initial: Initialiser = faint,
    ascent: Ascent = USUAL,
    stopping: Stopping | None = None,
    checkpoints: Checkpoints | None = None,
    **options: Any,
) -> Grown:
    """Fit a network, then give it dendrites and fit it on, as often as that helps.

    A cycle adds a dendrite to every neuron (:func:`add_dendrites`), trains it while neurons stand
    still (:func:`train_dendrites`), then trains neurons, and the weights from dendrites to them,
    while dendrites stand still (`fit` with :func:`neuron_mask`). The network need not be fitted
    before: cycle 0 is a fit without dendrites.

    **Arguments:** `network`, `train`, `loss`, `optimizer`, `epochs` (of each cycle), `batch_size`,
    `dt`, `key` and `options` as for `fit`; `cycles`, with dendrites, at most; `projections` and
    `initial` as for `add_dendrites`; `ascent` as for `train_dendrites`; `stopping`, by which each
    fit keeps its best network, and growth ends at the first cycle that is not better than the one
    before; `checkpoints`, a file for the first fit, beside which every phase has its own: a growth
    that was stopped goes on with the phase, and in a fit with the epoch, in which it was.

    **Raises:** `NeuropilError` as these do.

    Source: Brenner 2025, arXiv:2501.18018.
    """
    as_instance(network, "network", Network, "a Network")
    as_instance(ascent, "ascent", Ascent, "an Ascent")
    as_instance(checkpoints, "checkpoints", (Checkpoints, type(None)), "Checkpoints or None")
    key, cycles = as_key(key), as_count(cycles, "cycles", minimum=0)
    history, neurons, dendrites = [], [], []
    grown, best, value = network, network, None
    for cycle in range(cycles + 1):
        drawn, phase, fitting = jax.random.split(jax.random.fold_in(key, cycle), 3)
        if cycle:
            bare = grown = add_dendrites(grown, projections, key=drawn, initial=initial)
            file = _beside(checkpoints, f"dendrites{cycle}")
            if file is not None and file.resume and Path(file.path).exists():
                grown = load(file.path, like=grown)
            else:
                grown = train_dendrites(
                    grown,
                    train,
                    loss=loss,
                    dt=dt,
                    key=phase,
                    ascent=ascent,
                    record=options.get("record"),
                ).network
                if file is not None:
                    save(file.path, grown)
            dendrites.append((bare, grown))
        fitted = fit(
            grown,
            train,
            loss=loss,
            optimizer=optimizer,
            epochs=epochs,
            batch_size=batch_size,
            dt=dt,
            key=fitting,
            trainable=neuron_mask,
            stopping=stopping,
            checkpoints=_beside(checkpoints, f"neurons{cycle}") if cycle else checkpoints,
            **options,
        )
        grown = fitted.node
        history += _counted(fitted, cycle, history)
        neurons.append(grown)
        if stopping is None:
            best = grown
            continue
        name = stopping.metric
        reached = stopping.better(entry["validation"][name] for entry in fitted.history)
        if not stopping.improves(reached, over=value):
            break
        best, value = grown, reached
    return Grown(best, history, neurons, dendrites)


def _beside(checkpoints: Checkpoints | None, name: str) -> Checkpoints | None:
    if checkpoints is None:
        return None
    path = Path(checkpoints.path)
    return replace(checkpoints, path=path.with_name(f"{path.stem}-{name}{path.suffix}"))


def _counted(fitted: Fit, cycle: int, before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a fit's entries with epochs and steps counted on from those before."""
    epochs, steps = (before[-1]["epoch"] + 1, before[-1]["step"]) if before else (0, 0)
    return [
        {**e, "epoch": e["epoch"] + epochs, "step": e["step"] + steps, "cycle": cycle}
        for e in fitted.history
    ]
