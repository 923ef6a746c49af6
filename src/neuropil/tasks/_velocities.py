"""Velocities of movies, by number."""

import numpy as np

from ._errors import as_count, fail


def velocities(directions: int = 8, speeds: tuple[float, ...] = (1.0,)) -> np.ndarray:
    r"""Velocities in evenly spaced directions, all those of the first speed first.

    $v_{sk} = s\,(\sin 2\pi k/n, \cos 2\pi k/n)$, the first to the right, the next ones clockwise.

    **Arguments:** `directions` n; `speeds` s, in pixels per frame.

    **Returns:** [velocity, 2], rows and columns per frame.

    **Raises:** `TaskError` for a number of directions that is none, and speeds that are not
    positive numbers.

    >>> velocities(4, (1.0, 2.0)).round().astype(int).tolist()[:5]
    [[0, 1], [1, 0], [0, -1], [-1, 0], [0, 2]]
    """
    count = as_count(directions, "directions")
    try:
        each = np.asarray(speeds, float)
    except (TypeError, ValueError):
        each = np.array([])
    if each.ndim != 1 or not each.size or not (np.isfinite(each) & (each > 0)).all():
        fail("speeds", speeds, "positive numbers", "pass e.g. speeds=(0.5, 1.0, 2.0)")
    angles = 2 * np.pi * np.arange(count) / count
    return (each[:, None, None] * np.stack([np.sin(angles), np.cos(angles)], -1)).reshape(-1, 2)
