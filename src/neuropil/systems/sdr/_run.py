"""One run into a folder, for the command line."""

import math
from dataclasses import replace

import numpy as np

from ...analysis import false_match, missed_match, union_synapses
from .._errors import fail
from .._system import Outcome, RunContext
from ..attractors._bar import bar
from ._network import (
    DT,
    Recogniser,
    Sizes,
    as_activity,
    build,
    random_patterns,
    replace_cells,
)
from ._settings import Settings
from ._simulated import Share, false_matches, recognised

CELLS, DENSITIES = (300, 500, 1000, 2000, 5000, 10_000, 20_000), {"64 active": 64, "a quarter": 0}
SHOWN = 12
MATCHES = "curves/false matches (share) over threshold (synapses)"
MISSES = "curves/missed (share) over replaced active cells"
NOISE = np.linspace(0.0, 0.9, 10)


def run(settings: Settings, context: RunContext) -> Outcome:
    """Store random patterns, show others, and compare with the formulas, into a run folder."""
    sizes = checked(settings)
    if context.quick:
        small = {"neurons": min(settings.neurons, 200), "patterns": min(settings.patterns, 20)}
        settings = replace(settings, **small)
    thresholds = range(1, sizes.threshold + 1)
    with bar(len(thresholds) + len(NOISE), context.show) as show:
        matches = _matches(settings, sizes, thresholds, context.seed, show)
        known = _known(settings, sizes, context.seed, show)
    union = round(union_synapses(sizes.cells, sizes.synapses, settings.stored))
    of_segment = {t: false_match(sizes.cells, sizes.active, union, t) for t in thresholds}
    of_neuron = {t: _any_of(settings.segments, p) for t, p in of_segment.items()}
    metrics = {
        "false_matches": matches[sizes.threshold].value,
        "false_matches_by_formula": of_neuron[sizes.threshold],
        "known_with_a_fifth_replaced": known[sizes.active // 5].value,
        "false_match_of_a_segment": of_segment[sizes.threshold],
        "best_threshold": float(best_threshold(sizes)),
        "synapses_of_a_segment": float(union),
    }
    missed = {
        replaced: missed_match(sizes.active, sizes.synapses, sizes.threshold, replaced)
        for replaced in known
    }
    share_missed = {r: Share(s.trials - s.count, s.trials) for r, s in known.items()}
    found = build(sizes, SHOWN, settings.segments, settings.stored, context.seed)
    arrays = {
        f"{MATCHES}/simulated": _with_errors(matches),
        f"{MATCHES}/formula": _line(of_neuron),
        f"{MISSES}/simulated": _with_errors(share_missed),
        f"{MISSES}/formula": _line(missed),
        **_unions(sizes),
        **_scaling(),
        **_arrivals(found, sizes, context.seed),
    }
    shown = {name: getattr(settings, name) for name in ("neurons", "patterns")}
    return Outcome(metrics, arrays, tick_ms=DT, setup=shown)


def _any_of(segments: int, p: float) -> float:
    """Probability that one of independent segments spikes, right also where it is tiny."""
    return -math.expm1(segments * math.log1p(-p)) if p < 1.0 else 1.0


def _matches(settings, sizes, thresholds, seed, show) -> dict[int, Share]:
    """How often random patterns are taken for stored ones, for every threshold."""
    found = {}
    for threshold in thresholds:
        own = sizes._replace(threshold=threshold)
        recogniser = build(own, settings.neurons, settings.segments, settings.stored, seed)
        found[threshold] = false_matches(recogniser, own, settings.patterns, seed)
        show(1)
    return found


def _known(settings, sizes, seed, show) -> dict[int, Share]:
    """How often a pattern is known, for every number of replaced cells."""
    recogniser, found = build(sizes, settings.neurons, 1, 1, seed), {}
    for replaced in sorted({*(round(share * sizes.active) for share in NOISE), sizes.active // 5}):
        found[replaced] = recognised(recogniser, sizes, replaced, seed)
        show(1)
    return found


def checked(settings: Settings) -> Sizes:
    """Return the sizes that were set, refusing those that do not fit together."""
    sizes = Sizes(settings.cells, settings.active, settings.synapses, settings.threshold)
    for small, large in (("active", "cells"), ("synapses", "active"), ("threshold", "synapses")):
        if getattr(sizes, small) > getattr(sizes, large):
            most = f"at most {large}, {getattr(sizes, large)}"
            fail(f"--set {small}", getattr(sizes, small), most, f"lower it, or raise {large}")
    return sizes


def best_threshold(sizes: Sizes) -> int:
    """Return the threshold with the fewest errors of both kinds, half of the cells replaced."""

    def errors(threshold):
        wrong = false_match(sizes.cells, sizes.active, sizes.synapses, threshold)
        return wrong + missed_match(sizes.active, sizes.synapses, threshold, sizes.active // 2)

    return min(range(1, sizes.synapses + 1), key=errors)


def _line(values: dict[int, float]) -> np.ndarray:
    return np.array([list(values), list(values.values())], float)


def _with_errors(shares: dict[int, Share]) -> np.ndarray:
    p = np.array([share.value for share in shares.values()])
    trials = np.array([share.trials for share in shares.values()])
    return np.stack([np.array(list(shares), float), p, np.sqrt(p * (1.0 - p) / trials)])


def _unions(sizes: Sizes) -> dict[str, np.ndarray]:
    n, a, s, theta = sizes
    values = {m: false_match(n, a, round(union_synapses(n, s, m)), theta) for m in range(1, 21)}
    name = "curves/false matches of a segment (share) over patterns stored on it/formula"
    return {name: _line(values)}


def _scaling() -> dict[str, np.ndarray]:
    return {
        f"curves/false matches (log10) over cells (log10)/{name}": np.array(
            [[math.log10(n), math.log10(false_match(n, active or n // 4, 24, 12))] for n in CELLS]
        ).T
        for name, active in DENSITIES.items()
    }


def _arrivals(found: Recogniser, sizes: Sizes, seed: int) -> dict[str, np.ndarray]:
    """Active synapses on the segments of some neurons, for patterns of three kinds."""
    generator = np.random.default_rng([seed, 3])
    own = found.stored[:1, 0, 0]
    shown = {
        "a pattern of neuron 0": own,
        "the same, a fifth replaced": replace_cells(generator, own, sizes.cells, sizes.active // 5),
        "a random pattern": random_patterns(generator, (1,), sizes.cells, sizes.active),
    }
    (projection,) = found.network.projections
    arrays = {}
    for name, pattern in shown.items():
        window = as_activity(pattern, sizes.cells)
        seen = projection.connectivity.read(window)
        counts = np.asarray(projection.connectivity.transmit(projection.weight, seen))
        arrays[f"maps/active synapses, neurons down and segments across/{name}"] = counts
    return arrays
