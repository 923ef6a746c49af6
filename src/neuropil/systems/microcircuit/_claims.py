"""Which rates the layers must have, and how irregular they are; and what must break it."""

import functools
from collections.abc import Callable, Mapping
from functools import partial

import jax
import numpy as np

from ...core import Network
from .._system import Bound, Claim, Result
from ..balanced._simulation import DT, simulated
from . import _tables as paper
from ._measures import Measures, by_layer, furthest, measures
from ._network import Scale, build, sizes, start, with_inhibition
from ._settings import (
    DURATION,
    IN_DEGREE,
    NEURONS,
    QUICK_DURATION,
    QUICK_IN_DEGREE,
    QUICK_NEURONS,
    WARM,
)

REDUCED, SMALL, FULL = (
    Scale(NEURONS, IN_DEGREE),
    Scale(QUICK_NEURONS, QUICK_IN_DEGREE),
    Scale(1.0, 1.0),
)
LONG, WEAKER = 4000.0, 0.5  # ms; of inhibition

ALIKE, SINGLE, WEAK = "layers alike", "no doubled weight", f"inhibition x {WEAKER:g}"
BUILDS: Mapping[str, Callable[[Scale, jax.Array], Network]] = {
    "": build,
    ALIKE: partial(build, numbers=paper.numbers_alike()),
    SINGLE: partial(build, doubled=1.0),
    WEAK: lambda scale, key: with_inhibition(build(scale, key), WEAKER),
}


@functools.cache
def measured(
    scale: Scale, duration: float, seed: int, ablation: str = ""
) -> Mapping[str, Measures]:
    """Return the measures of one run by layer; a pure function, so that claims share them."""
    for_synapses, for_start = jax.random.split(jax.random.key(seed))
    network = BUILDS[ablation](scale, for_synapses)
    found = simulated(network, start(network, for_start), WARM, duration)
    layers = dict(zip(paper.POPULATIONS, sizes(scale), strict=True))
    own = by_layer(found.spikes["cells"], layers)
    return {name: measures(events, DT) for name, events in own.items()}


def check_rates(seeds, quick, progress) -> Result:
    """Return how far the layer that is furthest from its published rates lies outside of them.

    Of two ablations the milder counts; the small form has the first of them only.
    """
    scale, duration = (SMALL, QUICK_DURATION) if quick else (REDUCED, DURATION)
    details, worst = {}, []
    for ablation in ("", ALIKE) if quick else ("", ALIKE, SINGLE):
        label = ablation and f", {ablation}"
        runs = [measured(scale, duration, seed, ablation) for seed in seeds]
        rates = {name: float(np.mean([run[name].rate for run in runs])) for name in runs[0]}
        details |= {f"rate of {name}{label} (Hz)": rate for name, rate in rates.items()}
        told = ", ".join(f"{name} {rate:.2f}" for name, rate in rates.items())
        progress(f"rates (Hz){label}: {told}")
        worst.append(furthest(rates))
    return Result(worst[0], min(worst[1:]), details)


def check_state(seeds, quick, progress) -> Result:
    """Return how many layers are asynchronous and irregular with every seed."""
    details, counts = {}, []
    for ablation in ("", WEAK):
        label = ablation and f", {ablation}"
        runs = [measured(FULL, LONG, seed, ablation) for seed in seeds]
        for name in runs[0]:
            for measure in Measures._fields:
                mean = float(np.mean([getattr(run[name], measure) for run in runs]))
                details[f"{measure} of {name}{label}"] = mean
            told = "; ".join(f"{run[name].rate:.3g} Hz, CV {run[name].cv:.3g}, synchrony "
                             f"{run[name].synchrony:.3g}" for run in runs)  # fmt: skip
            progress(f"{name}{label}: {told}")
        good = [all(run[name].is_asynchronous_irregular for run in runs) for name in runs[0]]
        counts.append(sum(good))
    return Result(float(counts[0]), float(counts[1]), details)


CLAIMS = (
    Claim(
        name="rates",
        statement="With a fifth of the neurons, and all synapses of each, every layer fires at its "
        "published rate (measured: how far the layer that is furthest lies outside of the "
        "published rates, as a share of them).",
        bound=Bound(
            "<=",
            0.15,
            "published means of one layer, from three sources, differ by up to 13 %; calibrated "
            "once, on another draw: 0.05",
        ),
        quick_bound=Bound(
            "<=",
            0.6,
            "a tenth of the neurons and of their synapses, half a second; calibrated once, on "
            "five other draws: 0.29 to 0.41",
        ),
        ablation="connections alike in all layers; in the full form also weights from L4E to L23E "
        "not doubled (the milder counts)",
        check=check_rates,
    ),
    Claim(
        name="state",
        statement="In the full network all eight layers are asynchronous and irregular, as the "
        "paper defines it: below 30 Hz, a CV from 0.7 to 1.2, synchrony below 8 (measured: how "
        "many are).",
        bound=Bound(
            ">=", 8.0, "all eight; calibrated once, on another draw: CV 0.74 to 0.80, synchrony 4.5"
        ),
        ablation="inhibition half as strong",
        check=check_state,
        seeds=1,
        quick_seeds=0,
    ),
)
