"""What choices must reproduce, and the ablation that must break it."""

import functools
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from .._system import Result
from ._decision_trials import STIMULUS, Choices, decide
from ._neurons import SLOW, WITHOUT
from ._psychometric import fitted

COHERENCES, TRIALS, SMALL, SMALL_TRIALS = (0.032, 0.064, 0.128, 0.256, 0.512), 32, 0.25, 16
AT_ONCE = 2  # coherences, a thread each
GATES = {"": SLOW, ", no NMDA": WITHOUT}


@functools.cache
def chosen(label: str, coherence: float, trials: int, fraction: float, seed: int) -> Choices:
    """Return the choices of some trials; a pure function, so claims share its values."""
    return decide(coherence, trials, seed, fraction, GATES[label])


def censored(time: np.ndarray) -> np.ndarray:
    """Return reaction times (ms), that of a trial without a choice as long as the evidence."""
    return np.nan_to_num(time, nan=STIMULUS)


def all_choices(label, coherences, trials, fraction, seeds, progress) -> dict[float, list[Choices]]:
    """Return the choices of all seeds, by coherence."""
    jobs = [(label, c, trials, fraction, seed) for seed in seeds for c in coherences]
    found: dict[float, list[Choices]] = {c: [] for c in coherences}
    chosen(*jobs[0])  # compiles for all
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for job, choices in zip(jobs, pool.map(lambda job: chosen(*job), jobs), strict=True):
            found[job[1]].append(choices)
            told = f"{choices.correct.mean():.2f} right, {censored(choices.time).mean():.0f} ms"
            progress(f"coherence {job[1]:.1%}{label}, seed {job[-1]}: {told}")
    return found


def psychometric(seeds, quick, progress) -> Result:
    """Compare the threshold of the psychometric function, and without NMDA."""
    found, details = {}, {}
    for label in GATES:
        runs = all_choices(label, COHERENCES, TRIALS, 1.0, seeds, progress)
        right = [sum(int(r.correct.sum()) for r in runs[c]) for c in COHERENCES]
        function = fitted(COHERENCES, right, TRIALS * len(seeds))
        found[label] = 100.0 * function.threshold
        details[f"slope{label}"] = function.slope
        details |= {
            f"right at {c:.1%}{label}": n / (TRIALS * len(seeds))
            for c, n in zip(COHERENCES, right, strict=True)
        }
    own, ablated = found.values()
    return Result(own, ablated, details)


def reaction_time(seeds, quick, progress) -> Result:
    """Compare how much sooner strong evidence is decided on than weak, and without NMDA."""
    trials, fraction = (SMALL_TRIALS, SMALL) if quick else (TRIALS, 1.0)
    coherences = (COHERENCES[0], COHERENCES[-1]) if quick else COHERENCES
    found, details = {}, {}
    for label in GATES:
        runs = all_choices(label, coherences, trials, fraction, seeds, progress)
        means = {}
        for c, each in runs.items():
            time = np.concatenate([censored(r.time) for r in each])
            correct = np.concatenate([r.correct for r in each])
            means[c] = time.mean()
            details[f"ms at {c:.1%}{label}"] = means[c]
            if not correct.all():
                details[f"ms of errors at {c:.1%}{label}"] = time[~correct].mean()
                details[f"ms of right ones at {c:.1%}{label}"] = time[correct].mean()
        found[label] = means[coherences[0]] - means[coherences[-1]]
    own, ablated = found.values()
    return Result(own, ablated, details)
