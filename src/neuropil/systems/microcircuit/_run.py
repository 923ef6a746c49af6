"""One run into a folder, for the command line."""

import jax
import numpy as np

from .._system import Outcome, RunContext
from ..balanced._run import bar
from ..balanced._simulation import DT, simulated
from . import _tables as paper
from ._measures import by_layer, measures
from ._network import Scale, build, sizes, start
from ._settings import (
    DURATION,
    IN_DEGREE,
    NEURONS,
    QUICK_DURATION,
    QUICK_IN_DEGREE,
    QUICK_NEURONS,
    WARM,
    Settings,
)


def run(settings: Settings, context: RunContext) -> Outcome:
    """Simulate the network at a scale, into a run folder."""
    quick = context.quick
    duration = settings.duration or (QUICK_DURATION if quick else DURATION)
    scale = Scale(
        settings.neurons or (QUICK_NEURONS if quick else NEURONS),
        settings.in_degree or (QUICK_IN_DEGREE if quick else IN_DEGREE),
    )
    for_synapses, for_start = jax.random.split(jax.random.key(context.seed))
    network = build(scale, for_synapses)
    layers = dict(zip(paper.POPULATIONS, sizes(scale), strict=True))
    firsts = np.cumsum([0, *layers.values()])[:-1]

    def first_of_each(v):
        return v[firsts]

    with bar(round((WARM + duration) / DT), context.show) as show:
        begin = start(network, for_start)
        found = simulated(network, begin, WARM, duration, show, first_of_each)
    arrays, figures = {}, {}
    for index, (name, events) in enumerate(by_layer(found.spikes["cells"], layers).items()):
        v = found.potentials["cells"][:, index : index + 1]
        arrays[f"spikes/{name}/events"] = np.stack([events.tick, events.neuron]).astype(np.int32)
        arrays[f"spikes/{name}/shape"] = np.array([events.ticks, events.size])
        arrays[f"traces/{name}/time"] = np.arange(len(v)) * DT
        arrays[f"traces/{name}/values"] = v
        of = measures(events, DT)
        figures |= {f"rate_{name}_hz": of.rate, f"cv_{name}": of.cv}
        figures[f"synchrony_{name}"] = of.synchrony
    for kind, own in (("excitatory", "E"), ("inhibitory", "I")):
        names = [name for name in paper.POPULATIONS if name.endswith(own)]
        arrays[f"points/rate (Hz) over published rate (Hz)/{kind}"] = np.array(
            [
                [np.mean(paper.PUBLISHED[name]) for name in names],
                [figures[f"rate_{name}_hz"] for name in names],
            ]
        )
    setup = {
        "neurons": sum(layers.values()),
        "synapses": int(network.projections[0].weight.size),
        "recorded_ms": duration,
        "before_recording_ms": WARM,
        "tick_ms": DT,
    }
    return Outcome(figures, arrays, tick_ms=DT, setup=setup)
