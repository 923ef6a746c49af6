"""One run into a folder, for the command line."""

import jax
import numpy as np

from ...tasks import DIRECTIONS
from ...training import Checkpoints, ProgressBar
from .._system import Outcome, RunContext
from ._data import MOVIES, movies_to_show, movies_to_test, names
from ._network import (
    DT,
    additions_per_event,
    build,
    evidence,
    follows_motion,
    full_field_over_time,
    kernels,
    pruned,
    share_right,
    shortened,
    train,
)
from ._pictures import pictures
from ._settings import Settings

SHARES = (1.0, 0.7, 0.5, 0.3, 0.2, 0.15, 0.1, 0.07, 0.05, 0.03, 0.02, 0.01)
QUICK_UPDATES = 60


def run(settings: Settings, context: RunContext) -> Outcome:
    """Train on movies and test, prune and shorten, into a run folder."""
    data, folder = context.data, context.folder
    build_key, train_key = jax.random.split(jax.random.key(context.seed))
    network, classes = build(data, settings, build_key), names(data, settings)
    movies, targets = movies_to_test(data, settings, context.seed)
    shown = movies_to_show(data, settings, context.seed)
    updates = settings.updates or (QUICK_UPDATES if context.quick else MOVIES[data].updates)
    fitted = train(
        network,
        data,
        settings,
        train_key,
        updates,
        progress=ProgressBar() if context.show else None,
        log=folder.log,
        checkpoints=Checkpoints(folder.checkpoint, resume=context.resume),
    ).node
    found = evidence(fitted, movies)
    answers = found.mean(axis=(2, 3)).argmax(axis=1)
    counts = np.zeros((len(classes), len(classes)), int)
    np.add.at(counts, (targets, answers), 1)
    by_share = [share_right(pruned(fitted, share), movies, targets) for share in SHARES]
    delays = kernels(fitted).shape[1]
    by_delay = [
        share_right(shortened(fitted, count), movies, targets) for count in range(1, delays + 1)
    ]
    by_frame = (full_field_over_time(fitted, movies).argmax(axis=2) == targets).mean(axis=1)
    suffices = min(s for s, a in zip(SHARES, by_share, strict=True) if a >= 0.95 * by_share[0])
    metrics = {
        "accuracy": float((answers == targets).mean()),
        "share_of_weights_that_suffice": suffices,
        "additions_per_event": additions_per_event(fitted, movies),
        "additions_per_event_when_pruned": additions_per_event(pruned(fitted, suffices), movies),
        "active_sites": float(np.abs(movies).mean()),
    }
    if len(classes) == len(DIRECTIONS):
        metrics["kernels_that_follow_the_motion"] = follows_motion(fitted)
    arrays = {
        "confusion": counts,
        "curves/accuracy over weights kept (%)/largest first": np.array(
            [100 * np.array(SHARES), by_share]
        ),
        "curves/accuracy over delays kept, shortest first/all weights": np.array(
            [np.arange(1, delays + 1), by_delay]
        ),
        "curves/accuracy over time since the first frame (ms)/all weights": np.array(
            [DT * np.arange(len(by_frame)), by_frame]
        ),
        **pictures(fitted, shown, found, classes),
    }
    setup = {"movies_to_test": movies.shape[1], "frames": movies.shape[0], "updates": updates}
    return Outcome(metrics, arrays, tick_ms=DT, classes=classes, setup=setup)
