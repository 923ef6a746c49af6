"""What curricula must do to memories, and what must undo it."""

import functools
from dataclasses import replace
from typing import Any

import jax
import numpy as np

from .._system import Bound, Claim, Result
from ._measures import accuracies, retrained, time_constants, without_memory
from ._network import build, train
from ._settings import Heads, Settings

TASK, LONGEST, QUICK_LONGEST = "parity", 8, 3


def planned(curriculum: Heads, quick: bool) -> Settings:
    """Return the settings of the claims."""
    longest = QUICK_LONGEST if quick else LONGEST
    return replace(Settings(), curriculum=curriculum, longest=longest)


@functools.cache
def trained(curriculum: Heads, seed: int, quick: bool) -> Any:
    """Return settings and a trained network; a pure function, so that claims share its values."""
    settings = planned(curriculum, quick)
    build_key, train_key = jax.random.split(jax.random.key(seed))
    return settings, train(build(settings, build_key), TASK, settings, train_key).node


def untrained(curriculum: Heads, seed: int, quick: bool) -> Any:
    """Return the network before training."""
    return build(planned(curriculum, quick), jax.random.split(jax.random.key(seed))[0])


def check_multi(seeds, quick, progress) -> Result:
    """Return the worst accuracy over N of the worst seed; ablated, without any memory."""
    own, bare, details = [], [], {}
    for seed in seeds:
        settings, network = trained(Heads.MULTI, seed, quick)
        own.append(accuracies(network, TASK, settings).min())
        # New readouts of what is left, so that it is not the old ones that fail.
        bare.append(retrained(without_memory(network), TASK, settings).min())
        details[f"seed {seed}"] = float(own[-1])
        progress(f"seed {seed}: every N at {own[-1]:.3f}, without memory {bare[-1]:.3f}")
    return Result(float(min(own)), float(max(bare)), details)


def check_forgetting(seeds, quick, progress) -> Result:
    """Return by how much one head forgets the last N but one; ablated, of several heads."""
    forgot, kept, details = [], [], {}
    for seed in seeds:
        settings, multi = trained(Heads.MULTI, seed, quick)
        alone, single = trained(Heads.SINGLE, seed, quick)
        before = accuracies(multi, TASK, settings)[-2]
        forgot.append(before - retrained(single, TASK, alone)[-2])
        kept.append(before - retrained(multi, TASK, settings)[-2])
        details[f"seed {seed}"] = float(forgot[-1])
        progress(f"seed {seed}: forgot {forgot[-1]:.3f}, with several heads {kept[-1]:.3f}")
    return Result(float(min(forgot)), float(max(kept)), details)


def check_time_constants(seeds, quick, progress) -> Result:
    """Return the difference of mean time constants, one head less several; ablated, unlearnt."""

    def difference(made):
        single, multi = (
            np.mean([time_constants(made(form, seed, quick)).mean() for seed in seeds])
            for form in (Heads.SINGLE, Heads.MULTI)
        )
        progress(f"one head {single:.3f} ms, several {multi:.3f} ms")
        return float(single - multi)

    return Result(difference(lambda *form: trained(*form)[1]), difference(untrained))


CLAIMS = (
    Claim(
        name="several-heads",
        statement="With a head for every N, one network answers parity for all N up to 8 "
        "(measured: the worst N of the worst run).",
        bound=Bound(">=", 0.93, "calibrated: 1.00 in three runs; chance is 0.5"),
        ablation="neither connections nor time constants, readouts trained anew",
        check=check_multi,
    ),
    Claim(
        name="forgetting",
        statement="With one head, the network forgets N - 1: a new readout of its states is worse "
        "than the head of the network with several (measured: the least difference).",
        bound=Bound(">=", 0.1, "calibrated: 0.15 to 0.23 in three runs"),
        ablation="the states of the network with several heads, likewise read out anew",
        check=check_forgetting,
        quick_seeds=0,
    ),
    Claim(
        name="time-constants",
        statement="With one head, time constants grow longer than with several (measured: the "
        "difference of the means, in ms).",
        bound=Bound(">=", 0.005, "calibrated: 1.38 and 1.32 ms, a difference of 0.06"),
        ablation="time constants that are not learnt, as they were before training",
        check=check_time_constants,
        quick_seeds=0,
    ),
)
