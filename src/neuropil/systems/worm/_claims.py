"""What the worm must reproduce better than connectomes of the same degrees."""

import functools
from collections.abc import Callable

import numpy as np

from .._system import Bound, Claim, Result
from ._data import measured_worm, synthetic_worm
from ._measures import (
    Experiment,
    agreement,
    input_strength,
    p_value,
    pairs,
    rank_correlation,
    recounted,
    rewired,
)
from ._network import Connectome

SHUFFLES, HELD_OUT = 99, 5


@functools.cache
def experiment(synthetic: bool, seed: int) -> Experiment:
    """Return a synthetic worm or the worm itself; claims share them."""
    return synthetic_worm(seed) if synthetic else measured_worm()


@functools.cache
def shuffles(synthetic: bool, seed: int) -> tuple[dict[str, float], ...]:
    """Return the statistics of shuffled connectomes, and of some more that are held out."""
    own = experiment(synthetic, seed)
    rng = np.random.default_rng(seed)
    return tuple(agreement(own, rewired(own.found, rng)) for _ in range(SHUFFLES + HELD_OUT))


def excited(found: Connectome) -> Connectome:
    """Return the connectome with synapses that all excite."""
    return found._replace(signs=np.ones_like(found.signs))


def compare(statistic: str, without_signs: bool, synthetic: bool) -> Callable:
    """Return a check of the p of one statistic: the largest over the seeds, the least ablated."""

    def check(seeds, quick, progress) -> Result:
        own, ablated, details = [], [], {}
        for seed in seeds:
            case, found = experiment(synthetic, seed), shuffles(synthetic, seed)
            others = np.array([entry[statistic] for entry in found[:SHUFFLES]])
            real = agreement(case, case.found)[statistic]
            if without_signs:
                instead = [agreement(case, excited(case.found))[statistic]]
            else:
                instead = [entry[statistic] for entry in found[SHUFFLES:]]
            own.append(p_value(real, others))
            ablated.append(float(np.mean([p_value(value, others) for value in instead])))
            details = {
                statistic: real,
                "shuffled": float(others.mean()),
                "shuffled_most": float(others.max()),
                "ablated": float(np.mean(instead)),
            }
            if statistic == "rank":
                details |= controls(case, real, seed)
            progress(f"{statistic}, seed {seed}: {real:.3g}, shuffled {others.mean():.3g}")
        return Result(max(own), min(ablated), details)

    return check


def controls(case: Experiment, rank: float, seed: int) -> dict[str, float]:
    """Return what else may order the responses: how much each neuron receives, and the edges."""
    pre, post = pairs(case)
    rng = np.random.default_rng([seed, 1])
    same = [agreement(case, recounted(case.found, rng))["rank"] for _ in range(SHUFFLES)]
    return {
        "by_least_input": rank_correlation(-input_strength(case), case.measured[pre, post]),
        "counts_permuted": float(np.mean(same)),
        "p_counts_permuted": p_value(rank, np.array(same)),
    }


BOUND = Bound(
    "<=",
    0.05,
    "the usual level of a one-sided test; with 99 shuffled connectomes p is at least 0.01",
)


def claims(synthetic: bool) -> tuple[Claim, ...]:
    """Return the claims about the worm, or about synthetic data: those of the small form."""
    after = ", synthetic" if synthetic else ""
    of = "In a synthetic worm, " if synthetic else "In the worm, "

    def claim(name: str, says: str, ablation: str, without_signs: bool) -> Claim:
        return Claim(
            name=name + after,
            statement=f"{of}{says} than with connectomes of the same degrees (measured: p).",
            bound=BOUND,
            ablation=ablation,
            check=compare(name, without_signs, synthetic),
            seeds=1,
            quick_seeds=1 if synthetic else 0,
        )

    return (
        claim(
            "rank",
            "simulated and measured responses of connected pairs correlate in rank more",
            "shuffled connectomes in place of the real one",
            without_signs=False,
        ),
        claim(
            "sign",
            "signs of simulated and measured responses of connected pairs match more often",
            "all synapses excite",
            without_signs=True,
        ),
    )


CLAIMS = claims(synthetic=False) + claims(synthetic=True)
