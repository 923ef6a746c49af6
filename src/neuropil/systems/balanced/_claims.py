"""What the networks must reproduce: the figures of Brian2's runs; and what must break it."""

import functools
from collections.abc import Callable, Mapping
from typing import NamedTuple

import equinox as eqx
import numpy as np

from ...core import Network
from .._system import Bound, Claim, Result
from ._measures import measures
from ._model import MODELS
from ._network import build_and_start
from ._settings import NEURONS, WARM
from ._simulation import DT, simulated

RECORDED = 3000.0  # ms


class Spread(NamedTuple):
    """The least and the largest of the values that runs gave."""

    least: float
    most: float

    def outside(self, value: float) -> float:
        """How far outside a value lies, in widths of the range: 0 within it."""
        beyond = max(self.least - value, value - self.most, 0.0)
        return float("nan") if np.isnan(value) else beyond / (self.most - self.least)


BRIAN2: Mapping[str, Mapping[str, Spread]] = {
    "coba": {
        "rate_exc": Spread(15.16, 21.77),
        "rate_inh": Spread(17.85, 20.6),
        "cv": Spread(1.659, 1.873),
        "synchrony": Spread(0.0474, 0.06199),
    },
    "cuba": {
        "rate_exc": Spread(4.802, 6.174),
        "rate_inh": Spread(5.441, 5.706),
        "cv": Spread(0.6247, 0.6714),
        "synchrony": Spread(0.03685, 0.05282),
    },
    "cobahh": {
        "rate_exc": Spread(26.28, 44.2),
        "rate_inh": Spread(31.79, 39.87),
        "cv": Spread(2.191, 2.437),
        "synchrony": Spread(0.05131, 0.06995),
    },
    "cubadelta": {
        "rate_exc": Spread(9.047, 10.51),
        "rate_inh": Spread(9.583, 9.986),
        "cv": Spread(0.4562, 0.4773),
        "synchrony": Spread(0.06855, 0.08092),
    },
}
"""Of 40 runs of 4,000 neurons for 3 s, in double precision: tests/references/make_balanced.py."""


def with_inhibition(network: Network, factor: float) -> Network:
    """Return the network with the weights of all inhibitory synapses times a factor."""

    def weights(network):
        return [p.weight for p in network.projections if p.source == "inh"]

    return eqx.tree_at(weights, network, [factor * weight for weight in weights(network)])


@functools.cache
def measured(model: str, inhibition: float, seed: int) -> Mapping[str, float]:
    """Return the measures of one run; a pure function, so claims share its values."""
    network, begin = build_and_start(MODELS[model], NEURONS, seed)
    found = simulated(with_inhibition(network, inhibition), begin, WARM, RECORDED)
    return measures(found.spikes, DT)


def compare(model: str, names: tuple[str, ...], inhibition: float) -> Callable:
    """Return a check of how far outside of Brian2's runs the means over the seeds lie.

    Of several measures the one that lies furthest outside counts.
    """

    def check(seeds, quick, progress) -> Result:
        details, worst = {}, {}
        for label, factor in (("", 1.0), (f", inhibition x {inhibition:g}", inhibition)):
            runs = []
            for seed in seeds:
                runs.append(measured(model, factor, seed))
                told = ", ".join(f"{name} {runs[-1][name]:.3g}" for name in names)
                progress(f"{model}{label}, seed {seed}: {told}")
            means = {name: float(np.mean([run[name] for run in runs])) for name in names}
            details |= {f"{name}{label}": mean for name, mean in means.items()}
            worst[label] = max(BRIAN2[model][name].outside(means[name]) for name in names)
        own, ablated = worst.values()
        return Result(own, ablated, details)

    return check


WITHIN = Bound(
    "<=",
    0.1,
    "a mean of 3 runs and that of Brian2's 40 differ by 0.6 of the spread over seeds, and 40 runs "
    "range over 4.3 of it: a tenth outside is 2.6 from their middle, 4 times what is expected",
)
WITHIN_ONCE = Bound(
    "<=",
    0.5,
    "one run and the mean of Brian2's 40 differ by 1.01 of the spread over seeds, and 40 runs "
    "range over 4.3 of it: half of it outside is 4.3 from their middle, 4 times what is expected",
)


def claims(model: str) -> tuple[Claim, ...]:
    """Return the claims of one of the networks."""

    def claim(name: str, statement: str, names: tuple[str, ...], factor: float, ablation: str):
        return Claim(
            name=name,
            statement=statement,
            bound=WITHIN,
            quick_bound=WITHIN_ONCE,
            ablation=ablation,
            check=compare(model, names, factor),
        )

    return (
        claim(
            "rates",
            "Rates of both populations lie within those of Brian2's runs (measured: how far "
            "outside, in widths of their range).",
            ("rate_exc", "rate_inh"),
            0.5,
            "inhibition half as strong",
        ),
        claim(
            "irregularity",
            "The mean coefficient of variation of intervals lies within that of Brian2's runs.",
            ("cv",),
            0.0,
            "no inhibition",
        ),
        claim(
            "synchrony",
            "The synchrony of counts in 5 ms lies within that of Brian2's runs.",
            ("synchrony",),
            0.0,
            "no inhibition",
        ),
    )
