"""One run into a folder, for the command line."""

import jax
import numpy as np

from .._system import Outcome, RunContext
from ..balanced._run import bar
from ..balanced._simulation import DT, simulated
from ._diagram import diagram, ticks
from ._measures import measures
from ._network import EXCITATORY, INHIBITORY, Point, at, build, start
from ._settings import DURATION, QUICK_DURATION, WARM, Settings
from ._theory import stationary_rate


def run(settings: Settings, context: RunContext) -> Outcome:
    """Simulate one point in detail and the phase diagram around it, into a run folder."""
    quick = context.quick
    duration = settings.duration or (QUICK_DURATION if quick else DURATION)
    for_synapses, for_start = jax.random.split(jax.random.key(context.seed))
    point = Point(settings.g, settings.drive)
    network = at(build(settings.neurons, for_synapses), point)
    begin = start(network, for_start)
    with bar(round((WARM + duration) / DT) + ticks(quick), context.show) as show:
        found = simulated(network, begin, WARM, duration, show)
        arrays = diagram(network, begin, quick, show)
    for name, events in found.spikes.items():
        arrays[f"spikes/{name}/events"] = np.stack([events.tick, events.neuron]).astype(np.int32)
        arrays[f"spikes/{name}/shape"] = np.array([events.ticks, events.size])
        v = found.potentials[name]
        arrays[f"traces/{name}/time"] = np.arange(len(v)) * DT
        arrays[f"traces/{name}/values"] = v
    setup = {
        "neurons": settings.neurons,
        "synapses_per_neuron": EXCITATORY + INHIBITORY,
        "recorded_ms": duration,
        "before_recording_ms": WARM,
        "tick_ms": DT,
    }
    of = measures(found.spikes["exc"], DT)
    figures = {"rate_hz": of.rate, "cv": of.cv, "modulation": of.modulation, "rhythm_hz": of.rhythm}
    if settings.g > EXCITATORY / INHIBITORY:
        figures["mean_field_rate_hz"] = stationary_rate(point)
    return Outcome(figures, arrays, tick_ms=DT, setup=setup)
