"""What complexity and learned parameters must bring, and the ablations that must not."""

import functools
from collections.abc import Callable
from dataclasses import replace

import jax
import numpy as np

from ...tasks import poisson_rates, spike_pairs
from .._system import Bound, Claim, Result
from ._complexity import Read, read
from ._network import learner, parameters_of
from ._plan import PLANS, Learns, Neuron, Plan
from ._training import judge, learn, samples


@functools.cache
def complexity(plan: Plan, seed: int) -> Read:
    """Return what complexity tells; a pure function, so claims share its values."""
    return read(plan, seed)


@functools.cache
def learned(plan: Plan, learns: Learns, seed: int) -> tuple[float, float]:
    """Return the accuracy of a neuron that has learned, on the test, and its time constant."""
    train, test = samples(plan, seed)
    build_key, fit_key = jax.random.split(jax.random.key(seed))
    network = learner(Neuron.LIF, plan, train[0].shape[2], build_key)
    found, _ = learn(network, Neuron.LIF, learns, plan, train, fit_key)
    return judge(found.node, plan, test), parameters_of(found.node)["tau"]


def over_seeds(measure: Callable[[int], float], ablate: Callable[[int], float]) -> Callable:
    """Return a check of the mean over seeds of two figures."""

    def check(seeds, quick, progress) -> Result:
        measured, ablated = [], []
        for seed in seeds:
            measured.append(measure(seed))
            ablated.append(ablate(seed))
            progress(f"seed {seed}: {measured[-1]:.3f}, ablation {ablated[-1]:.3f}")
        details = {f"seed {seed}": value for seed, value in zip(seeds, measured, strict=True)}
        return Result(float(np.mean(measured)), float(np.mean(ablated)), details)

    return check


def at_equal_rates(samples: int, *, seed: int):
    """Return samples of classes that do not differ."""
    return poisson_rates(samples, rates=(30.0, 30.0), seed=seed)


def at_equal_intervals(samples: int, *, seed: int):
    """Return samples of classes that do not differ."""
    return spike_pairs(samples, intervals=(25.0, 25.0), seed=seed)


RATES, PAIRS = PLANS["rates"], PLANS["pairs"]
ALIKE = replace(RATES, make=at_equal_rates)
PAIRS_ALIKE = replace(PAIRS, make=at_equal_intervals)


def _by_structure(data: str) -> Callable:
    plan = PLANS[data]
    return over_seeds(
        lambda seed: complexity(plan, seed).by_complexity,
        lambda seed: complexity(plan, seed).by_counts,
    )


CLAIMS = (
    Claim(
        name="complexity, rates",
        statement="The complexity of one neuron's output tells inputs of 20 Hz from 40 Hz.",
        bound=Bound(">=", 0.90, "over six seeds: 1.00 in all; at equal rates 0.47 to 0.53"),
        ablation="both classes at 30 Hz",
        check=over_seeds(
            lambda seed: complexity(RATES, seed).by_complexity,
            lambda seed: complexity(ALIKE, seed).by_complexity,
        ),
    ),
    Claim(
        name="complexity, regular or Poisson",
        statement="At equal rates it tells regular from random inputs.",
        bound=Bound(">=", 0.90, "over six seeds: 0.98 to 1.00; counts 0.48 to 0.56"),
        ablation="counts of output spikes in place of their complexity",
        check=_by_structure("regular-against-poisson"),
    ),
    Claim(
        name="complexity, Markov or Poisson",
        statement="At equal rates it tells bursts of a Markov chain from random inputs.",
        bound=Bound(">=", 0.90, "over six seeds: 0.98 to 1.00; counts 0.44 to 0.57"),
        ablation="counts of output spikes in place of their complexity",
        check=_by_structure("markov"),
    ),
    Claim(
        name="parameters",
        statement="A neuron that learns its time constant and threshold tells intervals apart.",
        bound=Bound(">=", 0.90, "over six seeds: 0.98 to 1.00; weights alone 0.64 to 0.68"),
        ablation="only weights learn",
        check=over_seeds(
            lambda seed: learned(PAIRS, Learns.ALL, seed)[0],
            lambda seed: learned(PAIRS, Learns.WEIGHTS, seed)[0],
        ),
    ),
    Claim(
        name="parameters, gain",
        statement="It tells more of them apart than one that learns its weights alone.",
        bound=Bound(">=", 0.05, "over six seeds: 0.31 to 0.36; threshold alone -0.07 to 0.03"),
        ablation="the time constant is held, the threshold learns",
        quick_seeds=0,
        check=over_seeds(
            lambda seed: (
                learned(PAIRS, Learns.ALL, seed)[0] - learned(PAIRS, Learns.WEIGHTS, seed)[0]
            ),
            lambda seed: (
                learned(PAIRS, Learns.THRESHOLD, seed)[0] - learned(PAIRS, Learns.WEIGHTS, seed)[0]
            ),
        ),
    ),
    Claim(
        name="parameters, memory",
        statement="Its time constant falls from 100 ms to below 50 ms.",
        bound=Bound("<=", 50.0, "over six seeds: 6.9 to 8.0 ms; alike, 200 ms, its limit"),
        ablation="all pairs 25 ms apart",
        quick_seeds=0,
        check=over_seeds(
            lambda seed: learned(PAIRS, Learns.ALL, seed)[1],
            lambda seed: learned(PAIRS_ALIKE, Learns.ALL, seed)[1],
        ),
    ),
)
