"""Which regime each point of the phase diagram must be in; and what must break it."""

import functools

import jax

from .._system import Bound, Claim, Result
from ..balanced._simulation import DT, simulated
from ._measures import Measures, measures
from ._network import Point, at, build, start
from ._regimes import Regime
from ._settings import DURATION, NEURONS, QUICK_DURATION, QUICK_WARM, WARM

POINTS = {
    "SR": (Point(3.0, 2.0), Regime(True, True, "any")),
    "SI fast": (Point(6.0, 4.0), Regime(False, True, "fast")),
    "AI": (Point(5.0, 2.0), Regime(False, False, "any")),
    "SI slow": (Point(4.5, 0.9), Regime(False, True, "slow")),
}
ABLATED_G = 5.0


@functools.lru_cache(maxsize=1)
def _drawn(seed: int):
    for_synapses, for_start = jax.random.split(jax.random.key(seed))
    network = build(NEURONS, for_synapses)
    return network, start(network, for_start)


@functools.cache
def measured(point: Point, seed: int, quick: bool) -> Measures:
    """Return the measures of one run; a pure function, so that points share their values."""
    network, begin = _drawn(seed)
    warm, duration = (QUICK_WARM, QUICK_DURATION) if quick else (WARM, DURATION)
    found = simulated(at(network, point), begin, warm, duration)
    return measures(found.spikes["exc"], DT)


def check(seeds, quick, progress) -> Result:
    """Return how many points are in their regime with every seed; ablated, with one g for all."""
    details, counts = {}, []
    for label, g in (("", None), (f", g = {ABLATED_G:g}", ABLATED_G)):
        right = 0
        for name, (point, regime) in POINTS.items():
            runs = [measured(point if g is None else point._replace(g=g), seed, quick)
                    for seed in seeds]  # fmt: skip
            right += all(regime.holds(run) for run in runs)
            for measure in Measures._fields:
                mean = sum(getattr(run, measure) for run in runs) / len(runs)
                details[f"{name}{label}: {measure}"] = mean
            told = "; ".join(f"CV {run.cv:.3g}, modulation {run.modulation:.3g}, "
                             f"{run.rhythm:.3g} Hz" for run in runs)  # fmt: skip
            progress(f"{name}{label}: {told}")
        counts.append(right)
    return Result(float(counts[0]), float(counts[1]), details)


CLAIMS = (
    Claim(
        name="regimes",
        statement="The four points of the paper are in their regimes, with every seed: SR, SI "
        "fast, AI and SI slow, by CV, modulation of the population rate, and its rhythm "
        "(measured: how many are).",
        bound=Bound(
            ">=",
            4.0,
            "regular below a CV of 0.25, synchronous from a modulation of 0.7, fast within a "
            "factor 1.5 of 1/(4D) = 167 Hz, slow up to 60 Hz; calibrated once, on another draw: CV "
            "0.006 (SR) and 0.43 to 0.81, modulation 0.55 (AI) and 0.91 to 2.15, rhythms of 192 "
            "(fast) and 24 Hz (slow)",
        ),
        ablation="inhibition equally strong, g = 5, at all four",
        check=check,
    ),
)
