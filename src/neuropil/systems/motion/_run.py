"""One run into a folder, for the command line."""

import jax
import numpy as np

from ...tasks import DIRECTIONS
from ...training import Checkpoints, ProgressBar
from .._system import Outcome, RunContext
from ._data import MOVIES, movies_to_test
from ._network import (
    DT,
    build,
    evidence,
    follows_motion,
    kernels,
    pruned,
    share_right,
    shortened,
    train,
)
from ._settings import Settings

SHARES = (1.0, 0.7, 0.5, 0.3, 0.2, 0.15, 0.1, 0.07, 0.05, 0.03, 0.02, 0.01)
ARROWS = ("→", "↘", "↓", "↙", "←", "↖", "↑", "↗")
QUICK_UPDATES, SPIKES_A_SECOND = 60, 1.0


def run(settings: Settings, context: RunContext) -> Outcome:
    """Train on movies and test, prune and shorten, into a run folder."""
    data, folder = context.data, context.folder
    build_key, train_key = jax.random.split(jax.random.key(context.seed))
    network = build(data, settings, build_key)
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
    movies, directions = movies_to_test(data, settings, context.seed)
    found = evidence(fitted, movies)
    answers = found.mean(axis=(2, 3)).argmax(axis=1)
    counts = np.zeros((len(DIRECTIONS), len(DIRECTIONS)), int)
    np.add.at(counts, (directions, answers), 1)
    by_share = [share_right(pruned(fitted, share), movies, directions) for share in SHARES]
    delays = kernels(fitted).shape[1]
    by_delay = [
        share_right(shortened(fitted, count), movies, directions) for count in range(1, delays + 1)
    ]
    active, size = float(np.abs(movies).mean()), kernels(fitted)[0].size * len(DIRECTIONS)
    enough = [s for s, a in zip(SHARES, by_share, strict=True) if a >= 0.95 * by_share[0]]
    metrics = {
        "accuracy": float((answers == directions).mean()),
        "kernels_that_follow_the_motion": follows_motion(fitted),
        "weights_needed_for_0_95_of_it": min(enough),
        "active_sites": active,
        "additions_per_event": float(np.count_nonzero(kernels(pruned(fitted, min(enough))))),
        "additions_per_event_unpruned": float(size),
    }
    arrays = {
        "confusion": counts,
        "curves/accuracy over weights kept (%)/largest first": np.array(
            [100 * np.array(SHARES), by_share]
        ),
        "curves/accuracy over delays kept, shortest first/all weights": np.array(
            [np.arange(1, delays + 1), by_delay]
        ),
        **_maps(fitted, movies, found, directions),
        **_spikes(found),
    }
    setup = {"movies_to_test": movies.shape[1], "frames": movies.shape[0], "updates": updates}
    return Outcome(metrics, arrays, tick_ms=DT, classes=ARROWS, setup=setup)


def winners(found: np.ndarray, rate_hz: float) -> np.ndarray:
    """Return 1 where the strongest class of a place is above a threshold, which sets the rate."""
    best = found == found.max(axis=1, keepdims=True)
    share = min(1.0, rate_hz * DT / 1000.0)
    return best & (found >= np.quantile(found[best], 1.0 - min(1.0, share * found.shape[1])))


def _spikes(found: np.ndarray) -> dict[str, np.ndarray]:
    """Rates of the classes if places spike where one class wins, once a second on average."""
    spikes = winners(found, SPIKES_A_SECOND)
    return {"rates/winners": 1000.0 / DT * spikes.mean(axis=(0, 2, 3))}


def _maps(network, movies, found, directions) -> dict[str, np.ndarray]:
    """Kernels by class and delay, evidence of one movie, and the movie itself."""
    arrays = {
        f"maps/kernels: a class in a row, from the shortest delay on/{ARROWS[c]}, {d} ms": weight
        for c, kernel in enumerate(kernels(network))
        for d, weight in enumerate(kernel)
    }
    shown = ARROWS[directions[0]]
    for c, place in enumerate(found[0]):
        arrays[f"maps/evidence at every place, for a movie to {shown}/{ARROWS[c]}"] = place
    arrays[f"film/events of a movie to {shown}/events"] = movies[:, 0, 0]
    return arrays
