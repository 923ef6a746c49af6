"""One run into a folder, for the command line."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from .._system import Outcome, RunContext
from ._measures import measures
from ._model import IN_DEGREE, Model
from ._network import build_and_start
from ._settings import DURATION, QUICK_DURATION, WARM, Settings
from ._simulation import DT, silent, simulated


def run(model: Model, settings: Settings, context: RunContext) -> Outcome:
    """Simulate a network, into a run folder."""
    duration = settings.duration
    if duration is None:
        duration = QUICK_DURATION if context.quick else DURATION
    network, begin = build_and_start(model, settings.neurons, context.seed)
    with bar(round((WARM + duration) / DT), context.show) as show:
        found = simulated(network, begin, WARM, duration, show)
    arrays = {}
    for name, events in found.spikes.items():
        arrays[f"spikes/{name}/events"] = np.stack([events.tick, events.neuron]).astype(np.int32)
        arrays[f"spikes/{name}/shape"] = np.array([events.ticks, events.size])
        v = found.potentials[name]
        arrays[f"traces/{name}/time"] = np.arange(len(v)) * DT
        arrays[f"traces/{name}/values"] = v
    setup = {
        "neurons": settings.neurons,
        "synapses": sum(int(projection.weight.size) for projection in network.projections),
        "synapses_per_neuron": IN_DEGREE,
        "recorded_ms": duration,
        "before_recording_ms": WARM,
        "tick_ms": DT,
    }
    figures = {
        {"rate_exc": "rate_exc_hz", "rate_inh": "rate_inh_hz"}.get(name, name): value
        for name, value in measures(found.spikes, DT).items()
    }
    return Outcome(figures, arrays, tick_ms=DT, setup=setup)


@contextmanager
def bar(ticks: int, shown: bool) -> Iterator[Callable[[int], None]]:
    """Give a function that is told of ticks that are done; it draws a bar on a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    if not shown or not console.is_terminal:
        yield silent
        return
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("simulating", total=ticks)
        yield lambda done: progress.update(task, advance=done)
