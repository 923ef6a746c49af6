"""One run of remembered places into a folder, for the command line."""

from dataclasses import dataclass

import numpy as np

from .._settings import setting
from .._system import Outcome, RunContext
from ._bar import bar
from ._ring_claims import DELAY, QUICK_DELAY, SMALL
from ._ring_network import CUES, build_ring
from ._ring_trials import BEFORE, BIN, CUE, DT, remember, shown
from ._shown import one_trial

LINES_SHOWN = 16


@dataclass(frozen=True)
class Settings:
    """What can be set on the command line; None takes what suits the form of the run."""

    trials: int = setting(16, "each with one of eight cues", least=2, most=10_000)
    delay: float | None = setting(None, "ms after the cue", least=500.0, most=20_000.0)
    fraction: float | None = setting(
        None, "of the 2,048 and 512 neurons; conductances grow as it falls", least=0.1, most=1.0
    )


def run(settings: Settings, context: RunContext) -> Outcome:
    """Simulate trials, into a run folder."""
    fraction = settings.fraction
    if fraction is None:
        fraction = SMALL if context.quick else 1.0
    delay = settings.delay
    if delay is None:
        delay = QUICK_DELAY if context.quick else DELAY
    delay = BIN * round(delay / BIN)
    with bar(settings.trials, context.show) as show:
        found = remember(delay, settings.trials, context.seed, fraction, show=show)
    network = build_ring(fraction)
    cue = np.round(found.cues[:1] / 360.0 * CUES).astype(int)
    given = {"cue": shown(cue, delay)[:, 0]}
    time = BIN * (np.arange(len(found.error)) + 0.5) - BEFORE - CUE
    after = time > 0
    lines = {
        f"curves/bump from its cue (degrees) over time since the cue (ms)/{trial}": np.stack(
            [time[after], found.error[after, trial]]
        )
        for trial in range(min(LINES_SHOWN, settings.trials))
    }
    square = found.error[after] ** 2
    lines["curves/mean square error (degrees²) over time since the cue (ms)/trials"] = np.stack(
        [time[after], square.mean(1)]
    )
    angles = np.linspace(-180.0, 180.0, found.rates.shape[-1], endpoint=False)
    for name, at in (("during the cue", time < 0), ("at the end", time > time[-1] - 250.0)):
        at = at & (time > -CUE)
        turned = [
            np.roll(found.rates[at, k].mean(0), len(angles) // 2 - round(cue / 360 * len(angles)))
            for k, cue in enumerate(found.cues)
        ]
        smooth = np.mean(turned, axis=0).reshape(-1, 8).mean(1)
        lines[f"curves/rate (Hz) over preferred direction, from the cue (degrees)/{name}"] = (
            np.stack([angles.reshape(-1, 8).mean(1), smooth])
        )
    lines = {name: line.astype(np.float32) for name, line in lines.items()}
    metrics = {
        "kept": float(found.kept().mean()),
        "root_mean_square_error_degrees": float(np.sqrt(square[-5:].mean())),
        "focus_before_the_cue": found.uniform_before(),
        "focus_at_the_end": float(found.focus[-5:].mean()),
    }
    setup = {
        "pyramidal_cells": network.nodes["exc"].shape[0],
        "interneurons": network.nodes["inh"].shape[0],
        "delay_ms": delay,
        "tick_ms": DT,
    }
    arrays = one_trial(network, given, DT, context.seed) | lines
    return Outcome(metrics, arrays, tick_ms=DT, setup=setup)
