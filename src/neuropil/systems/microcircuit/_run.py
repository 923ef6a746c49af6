"""One run into a folder, for the command line."""

from collections.abc import Mapping

import jax
import numpy as np

from .._system import Outcome, RunContext
from ..balanced._run import bar
from ..balanced._simulation import DT, simulated
from . import _tables as paper
from ._measures import by_layer, furthest, measures
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

KINDS = sorted(paper.POPULATIONS, key=lambda name: name[-1])  # E before I


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
    arrays, found_of = {}, {}
    for index, (name, events) in enumerate(by_layer(found.spikes["cells"], layers).items()):
        v = found.potentials["cells"][:, index : index + 1]
        arrays[f"spikes/{name}/events"] = np.stack([events.tick, events.neuron]).astype(np.int32)
        arrays[f"spikes/{name}/shape"] = np.array([events.ticks, events.size])
        arrays[f"traces/{name}/time"] = np.arange(len(v)) * DT
        arrays[f"traces/{name}/values"] = v
        found_of[name] = measures(events, DT)
    rates = {name: of.rate for name, of in found_of.items()}
    arrays |= beside_published(rates)
    figures = {"outside_published_rates": furthest(rates)}
    for measure, unit in (("rate", "_hz"), ("cv", ""), ("synchrony", "")):
        figures |= {f"{measure}_{name}{unit}": getattr(found_of[name], measure) for name in KINDS}
    setup = {
        "neurons": sum(layers.values()),
        "in_degree": scale.in_degree,
        "synapses": int(network.projections[0].weight.size),
        "recorded_ms": duration,
        "before_recording_ms": WARM,
        "tick_ms": DT,
    }
    return Outcome(figures, arrays, tick_ms=DT, setup=setup)


def beside_published(rates: Mapping[str, float]) -> dict[str, np.ndarray]:
    """Return the rates relative to the means of published ones, and these, as arrays of points."""
    groups = {"published": [(name, rate) for name in KINDS for rate in paper.PUBLISHED[name]]}
    for kind in ("excitatory", "inhibitory"):
        own = [name for name in KINDS if name[-1] == kind[0].upper()]
        groups[kind] = [(name, rates[name]) for name in own]
    mean = {name: np.mean(published) for name, published in paper.PUBLISHED.items()}
    return {
        f"points/rate, relative to the published mean over published mean (Hz)/{group}": np.array(
            [[mean[name] for name, _ in points], [rate / mean[name] for name, rate in points]]
        )
        for group, points in groups.items()
    }
