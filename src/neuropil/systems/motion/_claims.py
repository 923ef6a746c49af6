"""What a layer with many delays must reproduce, and what must break it."""

import functools
from dataclasses import replace
from typing import Any

import jax
import numpy as np

from ...core import Network
from .._system import Bound, Claim, Result
from ._data import movies_to_test
from ._network import build, follows_motion, pruned, share_right, shortened, train
from ._settings import Settings

FORMS = {"whole": {}, "linear": {"rectified": False}, "one delay": {}}
QUICK_UPDATES = 75


@functools.cache
def trained(data: str, form: str, seed: int, quick: bool) -> Any:
    """Return a trained network; a pure function, so that claims share its values."""
    settings = replace(Settings(), delays=1) if form == "one delay" else Settings()
    build_key, train_key = jax.random.split(jax.random.key(seed))
    network = build(data, settings, build_key, **FORMS[form])
    return train(network, data, settings, train_key, QUICK_UPDATES if quick else None).node


def right(network: Network, data: str, form: str, seed: int) -> float:
    """Return the share of test movies that a network tells right."""
    settings = replace(Settings(), delays=1) if form == "one delay" else Settings()
    return share_right(network, *movies_to_test(data, settings, seed))


def compare(data: str, ablated: str):
    """Return a check of the accuracy of the whole layer against that of a form without a part."""

    def check(seeds, quick, progress) -> Result:
        found = {
            form: [right(trained(data, form, seed, quick), data, form, seed) for seed in seeds]
            for form in ("whole", ablated)
        }
        for form, values in found.items():
            progress(f"{form}: {', '.join(f'{value:.3f}' for value in values)}")
        details = {f"{form}, seed {seed}": value for form, values in found.items()
                   for seed, value in zip(seeds, values, strict=True)}  # fmt: skip
        return Result(*(float(np.mean(values)) for values in found.values()), details)

    return check


def check_pruning(seeds, quick, progress) -> Result:
    """Return the accuracy with a fifth of the weights, the largest; ablated, the smallest."""
    networks = [trained("textures", "whole", seed, quick) for seed in seeds]

    def mean(change):
        values = [right(change(network), "textures", "whole", seed)
                  for network, seed in zip(networks, seeds, strict=True)]  # fmt: skip
        return float(np.mean(values))

    details = {
        "a tenth of the weights": mean(lambda n: pruned(n, 0.1)),
        "a twentieth": mean(lambda n: pruned(n, 0.05)),
        "two shortest delays": mean(lambda n: shortened(n, 2)),
    }
    largest = mean(lambda n: pruned(n, 0.2))
    smallest = mean(lambda n: pruned(n, 0.2, smallest=True))
    progress(f"a fifth of the weights: {largest:.3f}, the smallest fifth: {smallest:.3f}")
    return Result(largest, smallest, details)


def check_structure(seeds, quick, progress) -> Result:
    """Return for how many classes weights move with the motion; ablated, before training."""
    networks = [trained("textures", "whole", seed, quick) for seed in seeds]
    found = [follows_motion(network) for network in networks]
    keys = [jax.random.split(jax.random.key(seed))[0] for seed in seeds]
    untrained = [follows_motion(build("textures", Settings(), key)) for key in keys]
    progress(f"kernels that follow: {np.mean(found):.3f}, untrained {np.mean(untrained):.3f}")
    return Result(float(np.mean(found)), float(np.mean(untrained)))


CLAIMS = (
    Claim(
        name="contrast",
        statement="The direction of a texture is told from all of its places together.",
        bound=Bound(">=", 0.95, "1.00 in a prototype and in three runs here; chance is 0.125"),
        ablation="linear cells: no maximum over contrasts",
        check=compare("textures", "linear"),
    ),
    Claim(
        name="delays",
        statement="Delays tell the direction (measured: accuracy on textures).",
        bound=Bound(">=", 0.95, "1.00 in a prototype and in three runs here; chance is 0.125"),
        ablation="one delay for all synapses",
        check=compare("textures", "one delay"),
    ),
    Claim(
        name="pruning",
        statement="A fifth of the weights is enough, without training anew.",
        bound=Bound(">=", 0.95, "1.00 in a prototype; calibrated: 0.985 to 1.00 in six runs"),
        ablation="the smallest fifth of the weights instead of the largest",
        check=check_pruning,
        quick_bound=Bound(">=", 0.8, "fewer steps of training; the smallest fifth is at chance"),
    ),
    Claim(
        name="structure",
        statement="The weights of a class move with its motion from one delay to the next "
        "(measured: the share of classes whose kernels match best a step further).",
        bound=Bound(">=", 0.9, "calibrated: all of the classes in three runs; chance is one in 9"),
        ablation="before training",
        check=check_structure,
    ),
    Claim(
        name="photographs",
        statement="Delays tell the direction of photographs that were never seen, before a retina.",
        bound=Bound(">=", 0.6, "calibrated: 0.66 to 0.72 in three runs; chance is 0.125"),
        ablation="one delay for all synapses",
        check=compare("photographs", "one delay"),
        quick_seeds=0,
    ),
)
