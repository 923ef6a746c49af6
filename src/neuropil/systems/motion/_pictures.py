"""What the report of a run draws."""

import numpy as np
from jaxtyping import Bool, Float

from ...core import Network
from ._network import DT, evidence_over_time, kernels

SPIKES_A_SECOND = 1.0


def pictures(
    network: Network,
    shown: tuple[np.ndarray, np.ndarray],
    found: Float[np.ndarray, "sample class row column"],
    classes: tuple[str, ...],
) -> dict[str, np.ndarray]:
    """Return kernels by class and delay, and what a few movies do to the layer, frame by frame.

    `shown`, movies and their classes; `found`, evidence of the test, which sets the threshold of
    spikes; `classes`, their names.
    """
    movies, targets = shown
    evidence = evidence_over_time(network, movies)
    spikes = winners(evidence, threshold(found, SPIKES_A_SECOND))
    arrays = {
        f"maps/kernels: a class in a row, from the shortest delay on/{classes[c]}, {d} ms": weight
        for c, kernel in enumerate(kernels(network))
        for d, weight in enumerate(kernel)
    }
    for sample, target in enumerate(targets):
        label = f"raster/{classes[target]}"
        arrays[f"{label}/events"] = row_of_events(movies[:, sample, 0])
        arrays[f"{label}/evidence"] = evidence[:, sample].mean(axis=(2, 3))
        arrays[f"{label}/spikes"] = spikes_by_column(spikes[:, sample])
    title, right = f"a movie that ends with {classes[targets[0]]}", targets[0]
    for c, values in enumerate(evidence[:, 0].mean(axis=(2, 3)).T):
        arrays[f"curves/evidence, mean of all places, {title} over time (ms)/{classes[c]}"] = (
            np.array([DT * np.arange(len(values)), values])
        )
    for c, place in enumerate(evidence[-1, 0]):
        arrays[f"maps/evidence at every place, last frame of {title}/{classes[c]}"] = place
    arrays[f"film/{title}/events"] = movies[:, 0, 0]
    arrays[f"film/{title}/evidence for {classes[right]} at every place"] = evidence[:, 0, right]
    rates = 1000.0 / DT * winners(found, threshold(found, SPIKES_A_SECOND)).mean(axis=(0, 2, 3))
    return arrays | {"rates/classes, last frame of the test": rates}


def threshold(found: Float[np.ndarray, "sample class row column"], rate_hz: float) -> float:
    """Return the evidence above which a neuron spikes this often, if the best of a place may."""
    best = found[found == found.max(axis=1, keepdims=True)]
    share = rate_hz * DT / 1000.0 * found.shape[1]
    return float(np.quantile(best, max(0.0, 1.0 - share)))


def winners(
    found: Float[np.ndarray, "*batch class row column"], threshold: float
) -> Bool[np.ndarray, "*batch class row column"]:
    """Return where the strongest class of a place is above the threshold."""
    return (found == found.max(axis=-3, keepdims=True)) & (found >= threshold)


def row_of_events(movie: Float[np.ndarray, "frame row column"]) -> Bool[np.ndarray, "frame place"]:
    """Return the events in the middle row: what moves along it leaves oblique lines over time."""
    row = movie[:, movie.shape[1] // 2]
    return np.concatenate([row > 0, row < 0], axis=1)


def spikes_by_column(
    spikes: Bool[np.ndarray, "frame class row column"],
) -> Bool[np.ndarray, "frame place"]:
    """Return whether any place of a column spikes, all columns of a class side by side."""
    return spikes.any(axis=2).reshape(len(spikes), -1)
