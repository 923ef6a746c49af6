"""What a remembered place must reproduce, and the ablation that must break it."""

import functools

import numpy as np

from .._system import Result
from ._neurons import SLOW, WITHOUT
from ._ring_trials import Places, remember

TRIALS, DELAY, QUICK_TRIALS, QUICK_DELAY, SMALL = 16, 2500.0, 8, 500.0, 0.5  # delays in ms
GATES = {"": SLOW, ", no NMDA": WITHOUT}


@functools.cache
def remembered(label: str, quick: bool, seed: int) -> Places:
    """Return some trials; a pure function, so claims share its values."""
    if quick:
        return remember(QUICK_DELAY, QUICK_TRIALS, seed, SMALL, GATES[label])
    return remember(DELAY, TRIALS, seed, 1.0, GATES[label])


def kept(seeds, quick, progress) -> Result:
    """Compare in how many trials the bump ends near the cue, and without NMDA."""
    found, details = {}, {}
    for label in GATES:
        runs = []
        for seed in seeds:
            runs.append(remembered(label, quick, seed))
            progress(f"ring{label}, seed {seed}: {runs[-1].kept().mean():.2f} kept")
        found[label] = float(np.mean([run.kept().mean() for run in runs]))
        last = np.concatenate([run.error[-5:].mean(0) for run in runs])
        details[f"root mean square error (degrees){label}"] = float(np.sqrt((last**2).mean()))
        details[f"focus at the end{label}"] = float(np.mean([r.focus[-5:].mean() for r in runs]))
        details[f"focus before the cue{label}"] = float(
            np.mean([run.uniform_before() for run in runs])
        )
    own, ablated = found.values()
    return Result(own, ablated, details)
