"""What sparse patterns and active segments must reproduce, and what must break it."""

import math
from functools import reduce
from math import comb

from ...analysis import false_match, missed_match, union_synapses
from .._system import Bound, Claim, Result
from ._network import Sizes, build, summed_at_the_soma
from ._simulated import NONE, Share, false_matches, recognised

PUBLISHED = {
    (1000, 200, 25, 15): 1.0014e-5,
    (300, 64, 24, 12): 1.0946e-3,
    (500, 64, 24, 12): 5.696e-6,
    (1100, 128, 24, 12): 2.996e-6,
    (2100, 256, 24, 12): 5.896e-6,
    (100, 7, 7, 5): 5.653e-6,
}
UNIONS = {(1000, 2): 0.0474, (1000, 3): 0.502, (1000, 5): 0.991, (10_000, 10): 1.271e-4,
          (20_000, 19): 8.141e-5}  # fmt: skip
SIX, SEVEN = Sizes(500, 64, 24, 6), Sizes(500, 64, 24, 7)
NOISY = Sizes(2000, 40, 20, 10)
UNION = Sizes(1000, 200, 25, 15)
SEGMENTS = 10


def with_replacement(cells: int, active: int, synapses: int, threshold: int) -> float:
    """Return the false matches of synapses that see active cells independently: a binomial."""
    p = active / cells
    return sum(
        comb(synapses, b) * p**b * (1 - p) ** (synapses - b) for b in range(threshold, synapses + 1)
    )


def check_formula(seeds, quick, progress) -> Result:
    """Return the largest relative error against the published numbers; ablated, of a binomial."""

    def worst(law):
        single = [law(*sizes) / value - 1 for sizes, value in PUBLISHED.items()]
        unions = [
            law(n, 200, round(union_synapses(n, 25, m)), 15) / value - 1
            for (n, m), value in UNIONS.items()
        ]
        return max(map(abs, single + unions))

    return Result(worst(false_match), worst(with_replacement))


def check_simulated(seeds, quick, progress) -> Result:
    """Return the largest distance between simulated and expected shares of false matches."""
    count, patterns = (500, 40) if quick else (2000, 100)

    def share(sizes, segments, change=lambda found: found) -> Share:
        shares = [
            false_matches(change(build(sizes, count, segments, 1, seed)), sizes, patterns, seed)
            for seed in seeds
        ]
        return reduce(Share.plus, shares, NONE)

    expected = {sizes: false_match(*sizes) for sizes in (SIX, SEVEN)}
    several = 1.0 - (1.0 - expected[SEVEN]) ** SEGMENTS
    alone = {sizes: share(sizes, 1) for sizes in (SIX, SEVEN)}
    together = share(SEVEN, SEGMENTS)
    summed = share(SEVEN, SEGMENTS, summed_at_the_soma)
    distances = [alone[sizes].distance(expected[sizes]) for sizes in (SIX, SEVEN)]
    details = {
        "one segment, threshold 6: simulated": alone[SIX].value,
        "one segment, threshold 6: formula": expected[SIX],
        "one segment, threshold 7: simulated": alone[SEVEN].value,
        "one segment, threshold 7: formula": expected[SEVEN],
        f"{SEGMENTS} segments, threshold 7: simulated": together.value,
        f"{SEGMENTS} segments, threshold 7: formula": several,
        f"{SEGMENTS} segments summed at the soma: simulated": summed.value,
    }
    for name, value in details.items():
        progress(f"{name} {value:.5g}")
    measured = max(*distances, together.distance(several))
    return Result(measured, max(*distances, summed.distance(several)), details)


def check_noise(seeds, quick, progress) -> Result:
    """Return the share of patterns known with a fifth of their cells replaced."""
    count = 300 if quick else 3000
    fifth, more = NOISY.active // 5, NOISY.active * 3 // 5

    def share(sizes, replaced):
        shares = [recognised(build(sizes, count, 1, 1, seed), sizes, replaced, seed)
                  for seed in seeds]  # fmt: skip
        return reduce(Share.plus, shares, NONE)

    known, strict = share(NOISY, fifth), share(NOISY._replace(threshold=NOISY.synapses), fifth)
    details = {"known with 60 % replaced": share(NOISY, more).value}
    progress(f"known with 20 % replaced {known.value:.4f}, if all synapses must be active "
             f"{strict.value:.4f}")  # fmt: skip
    return Result(known.value, strict.value, details)


def check_misses(seeds, quick, progress) -> Result:
    """Return how far simulated misses with 60 % replaced are from the formula's."""
    count, replaced = 3000, NOISY.active * 3 // 5
    shares = [recognised(build(NOISY, count, 1, 1, seed), NOISY, replaced, seed) for seed in seeds]
    known = reduce(Share.plus, shares, NONE)
    missed = Share(known.trials - known.count, known.trials)
    s, theta = NOISY.synapses, NOISY.threshold
    formula = missed_match(NOISY.active, s, theta, replaced)
    lost = replaced / NOISY.active
    independent = sum(
        comb(s, k) * lost**k * (1 - lost) ** (s - k) for k in range(s - theta + 1, s + 1)
    )
    details = {"missed, simulated": missed.value, "missed, formula": formula,
               "missed, were losses independent": independent}  # fmt: skip
    progress(", ".join(f"{name} {value:.4f}" for name, value in details.items()))
    return Result(missed.distance(formula), missed.distance(independent), details)


def check_union(seeds, quick, progress) -> Result:
    """Return how far from one half the false matches of three patterns on a segment are."""
    count, patterns = (500, 40) if quick else (1000, 100)

    def share(stored):
        shares = [
            false_matches(build(UNION, count, 1, stored, seed), UNION, patterns, seed)
            for seed in seeds
        ]
        return reduce(Share.plus, shares, NONE).value

    three, one = share(3), share(1)
    progress(f"false matches with three patterns on a segment {three:.4f}, with one {one:.2g}")
    return Result(abs(three - 0.5), abs(one - 0.5), {"three patterns": three, "one": one})


def check_scaling(seeds, quick, progress) -> Result:
    """Return by how many decades false matches fall from 300 to 4,000 cells."""

    def decades(active_of):
        few, many = (false_match(n, active_of(n), 24, 12) for n in (300, 4000))
        return math.log10(few / many)

    quarter = [false_match(n, n // 4, 24, 12) for n in (500, 20_000)]
    details = {"a quarter active, 500 cells": quarter[0],
               "a quarter active, 20,000 cells": quarter[1]}  # fmt: skip
    return Result(decades(lambda n: 64), decades(lambda n: n // 2), details)


CLAIMS = (
    Claim(
        name="formula",
        statement="False matches of single patterns and of unions are the published numbers "
        "(measured: largest relative error).",
        bound=Bound("<=", 1e-3, "the numbers are given with three to five digits"),
        ablation="synapses that see active cells independently of each other (a binomial)",
        check=check_formula,
        seeds=1,
    ),
    Claim(
        name="false-matches",
        statement="Simulated neurons with one and with ten segments take random patterns for "
        "theirs as often as the formula says (measured: largest distance in standard errors).",
        bound=Bound("<=", 4.0, "one in 16,000 normal numbers is farther than that from its mean"),
        ablation="the synapses of all segments add up to one threshold",
        check=check_simulated,
    ),
    Claim(
        name="noise",
        statement="Every pattern is known with a fifth of its active cells replaced (measured: "
        "the share that is).",
        bound=Bound(">=", 1.0, "eight cells are replaced, and ten of twenty synapses may be lost"),
        ablation="a threshold of all synapses",
        check=check_noise,
    ),
    Claim(
        name="misses",
        statement="With 60 % of its cells replaced, as many patterns are missed as the formula "
        "says, 0.8334 (measured: distance in standard errors).",
        bound=Bound("<=", 4.0, "one in 16,000 normal numbers is farther than that from its mean"),
        ablation="a formula in which synapses are lost independently of each other",
        check=check_misses,
    ),
    Claim(
        name="union",
        statement="Three patterns on one segment are one too many: half of all random patterns "
        "match (measured: distance from one half).",
        bound=Bound("<=", 0.05, "the formula says 0.5017 with 73 synapses on average"),
        ablation="one pattern on a segment",
        check=check_union,
    ),
    Claim(
        name="scaling",
        statement="With 64 active cells false matches fall by twelve decades from 300 to 4,000 "
        "cells (measured: decades).",
        bound=Bound(">=", 12.0, "from 1.09e-3 to 2.23e-16 by the formula: 12.7 decades"),
        ablation="half of all cells active",
        check=check_scaling,
        seeds=1,
    ),
)
