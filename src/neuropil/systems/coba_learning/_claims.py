"""What the network must reproduce, and the ablations that must break it."""

import functools
from collections.abc import Callable

import jax
import numpy as np

from ...core import Network
from .._system import Bound, Claim, Result
from ._network import synaptic
from ._plan import FULL, QUICK, Plan
from ._training import Form, judge, train, untrained


@functools.cache
def trained(form: Form, plan: Plan, seed: int) -> Network:
    """Return a trained network; a pure function, so claims share its values."""
    network = untrained(plan, form, jax.random.key(seed))
    return train(network, plan, form, seed)


def answered(network: Network, plan: Plan, seed: int) -> float:
    """Return the share of right answers."""
    return judge(network, plan, seed).values["accuracy"]


def against_dale(network: Network, plan: Plan, seed: int) -> float:
    """Return how many synapses have the sign that their neuron must not have."""
    return float(sum(int((w < 0).sum()) for w in synaptic(network)))


def compare(measure: Callable, ablation: Form, together: Callable) -> Callable:
    """Return a check that trains two forms over the seeds and judges them together."""

    def check(seeds, quick, progress) -> Result:
        plan, found = QUICK if quick else FULL, {}
        for form in (Form.WHOLE, ablation):
            values = []
            for seed in seeds:
                values.append(measure(trained(form, plan, seed), plan, seed))
                progress(f"coba-learning, {form.value}, seed {seed}: {values[-1]:.3g}")
            found[form.value] = float(together(values))
        return Result(*found.values(), found)

    return check


CLAIMS = (
    Claim(
        name="memory",
        statement="Through 250 ms without evidence the network remembers which group was stronger.",
        bound=Bound(
            ">=",
            0.85,
            "chance is 0.5, and 192 answers spread by 0.036: 0.85 is ten times that above it; "
            "calibrated over three seeds: 1.00 each",
        ),
        quick_bound=Bound(
            ">=",
            0.8,
            "chance is 0.5, and 64 answers spread by 0.06: 0.8 is five times that above it; "
            "calibrated over four seeds: 1.00, 0.95, 1.00 and 1.00",
        ),
        ablation="NMDA receptors blocked, then trained alike",
        check=compare(answered, Form.BLOCKED, np.mean),
    ),
    Claim(
        name="Dale's law",
        statement="No synapse changes sign in training (measured: how many did).",
        bound=Bound("<=", 0, "exact: weights are projected into their bounds after every step"),
        ablation="weights without bounds",
        quick_seeds=0,
        check=compare(against_dale, Form.WITHOUT_BOUNDS, np.sum),
    ),
)
