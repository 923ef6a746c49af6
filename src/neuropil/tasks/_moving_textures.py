"""Random textures of two signs that move, on a torus."""

import numpy as np

from ._errors import as_count, fail
from ._samples import Samples, generator, whole

DIRECTIONS = ((0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1))
"""The eight motions of `moving_textures`, rows and columns per frame, by number."""

_OUT_OF = 1 << 20


def moving_textures(
    samples: int,
    size: int = 16,
    frames: int = 4,
    *,
    density: float = 0.5,
    redrawn: float = 0.05,
    seed: int = 0,
) -> Samples:
    """Movies of random textures that move by one pixel a frame, in one of eight directions.

    A site is ON or OFF, with equal probability, or empty. Every frame moves by the same step, and
    some sites are then drawn anew. On a torus no border tells the motion, and neither do the
    counts of events.

    **Arguments:** `samples`, how many; `size`, rows and columns; `frames`; `density`, the share of
    sites that are not empty; `redrawn`, the share of sites drawn anew in a frame; `seed`.

    **Returns:** `Samples` of inputs [sample, frame, 1, row, column] float32: 1 ON, -1 OFF, else 0;
    and targets [sample] int32, which count `DIRECTIONS`.

    **Raises:** `TaskError` for counts and seeds that are none, and shares outside of 0 to 1.

    >>> movies, directions = moving_textures(3, redrawn=0.0)
    >>> moved = np.roll(movies[0, 0, 0], DIRECTIONS[directions[0]], axis=(0, 1))
    >>> bool((moved == movies[0, 1, 0]).all())
    True

    Source: the task of Grimaldi and Perrinet 2023, https://doi.org/10.1007/s00422-023-00975-8
    """
    count, side = as_count(samples, "samples"), as_count(size, "size")
    length = as_count(frames, "frames")
    share, noise = as_share(density, "density"), as_share(redrawn, "redrawn")
    stream = generator(seed)
    targets = whole(stream, (count,), len(DIRECTIONS))
    steps = np.array(DIRECTIONS)[targets]
    shape = (count, side, side)
    rows, columns = np.indices((side, side))
    frame, movie = _sites(stream, shape, share), []
    for _ in range(length):
        movie.append(frame)
        up = (rows - steps[:, 0, None, None]) % side
        left = (columns - steps[:, 1, None, None]) % side
        frame = frame[np.arange(count)[:, None, None], up, left]
        new = whole(stream, shape, _OUT_OF) < noise * _OUT_OF
        frame = np.where(new, _sites(stream, shape, share), frame)
    inputs = np.stack(movie, axis=1)[:, :, None].astype(np.float32)
    return Samples(inputs, targets.astype("<i4"))


def as_share(value, name: str) -> float:
    """Return a number from 0 to 1, refusing anything else."""
    is_number = isinstance(value, int | float | np.floating) and not isinstance(value, bool)
    if not is_number or not 0.0 <= value <= 1.0:
        fail(name, value, "a number from 0 to 1", f"pass e.g. {name}=0.5")
    return float(value)


def _sites(stream, shape, density):
    drawn = whole(stream, shape, _OUT_OF)
    taken = drawn < density * _OUT_OF
    return np.where(taken, 1 - 2 * (drawn % 2), 0)
