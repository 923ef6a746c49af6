"""Natural photographs, seen through a window that moves as eyes do."""

import functools
import math
from typing import Any

import numpy as np

from ._drifts import drifts
from ._errors import as_count, fail, require
from ._samples import Samples, generator, whole
from ._velocities import velocities

PHOTOGRAPHS = {
    "train": (
        "astronaut",
        "brick",
        "coins",
        "grass",
        "hubble_deep_field",
        "moon",
        "rocket",
        "china",
    ),
    "test": ("camera", "coffee", "gravel", "chelsea", "flower"),
}
"""The photographs of each part; no photograph is in both."""

LAST = 6
_CUTOFF, _MARGIN = 0.35, 8


def moving_photographs(
    samples: int,
    part: str = "train",
    size: int = 24,
    frames: int = 12,
    *,
    directions: int = 8,
    speeds: tuple[float, ...] = (1.0,),
    segment: float = 24.0,
    seed: int = 0,
) -> Samples:
    """Movies of a window that drifts over a photograph and turns at times.

    Photographs are grey and whitened. The path is made of straight segments, Poisson distributed
    in length, each with one of the velocities, and shifted in the Fourier domain. A movie is a
    stretch of it that ends at a random frame, at least 6 frames after the last turn. The picture
    moves against the window: targets are velocities of the picture.

    **Arguments:** `samples`, how many; `part`, "train" or "test", of other photographs; `size`,
    rows and columns; `frames`; `directions` and `speeds`, in pixels per frame, as for
    `velocities`; `segment`, the mean length of a segment, in frames, 6 to 1000; `seed`.

    **Returns:** `Samples` of inputs [sample, frame, row, column] float32, brightness with a spread
    of about 1, and targets [sample] int32, the last velocity, which count `velocities`; with the
    defaults these are those of `DIRECTIONS`, at 1 pixel a frame on diagonals too.

    **Raises:** `TaskError` for counts and seeds that are none, fewer than 6 frames, another part,
    speeds that are not positive, segments out of range, and windows that do not fit;
    `MissingExtra` without scikit-image and scikit-learn.

    Source: the task of Grimaldi and Perrinet 2023, https://doi.org/10.1007/s00422-023-00975-8;
    photographs of scikit-image and scikit-learn.
    """
    count, side = as_count(samples, "samples"), as_count(size, "size")
    length = as_count(frames, "frames", minimum=LAST)
    steps, mean = velocities(directions, speeds), _as_mean(segment)
    if part not in PHOTOGRAPHS:
        fail("part", part, f"one of {tuple(PHOTOGRAPHS)}", "pass e.g. part='train'")
    stream = generator(seed)
    farthest = np.linalg.norm(steps, axis=1).max() * (length - 1) / 2
    margin = math.ceil(farthest) + _MARGIN
    images = [_whitened(name) for name in PHOTOGRAPHS[part]]
    most = min(min(image.shape) for image in images) - 2 * margin
    if side > most:
        fail("size", size, f"at most {most}", "lower it, or show fewer or slower frames")
    crop = side + 2 * margin
    targets, paths = drifts(stream, count, length, steps, mean, LAST)
    which = whole(stream, (count,), len(images))
    words = whole(stream, (count, 2), 1 << 30)
    inputs = np.empty((count, length, side, side), np.float32)
    for index in range(count):
        image = images[which[index]]
        top, left = words[index] % (np.array(image.shape) - crop + 1)
        patch = image[top : top + crop, left : left + crop]
        inputs[index] = _seen(patch, paths[index], side)
    return Samples(inputs, targets.astype("<i4"))


def _as_mean(segment) -> float:
    is_number = isinstance(segment, int | float | np.number) and not isinstance(segment, bool)
    if not is_number or not LAST <= segment <= 1000:
        fail("segment", segment, f"a number from {LAST} to 1000", "pass e.g. segment=24.0")
    return float(segment)


def _seen(patch: np.ndarray, path: np.ndarray, side: int) -> np.ndarray:
    """Return the middle of a patch, shifted by whole and broken pixels."""
    rows, columns = np.fft.fftfreq(patch.shape[0]), np.fft.rfftfreq(patch.shape[1])
    phase = path[:, 0, None, None] * rows[:, None] + path[:, 1, None, None] * columns
    shifted = np.fft.irfft2(np.fft.rfft2(patch) * np.exp(-2j * np.pi * phase), s=patch.shape)
    margin = (patch.shape[0] - side) // 2
    return shifted[:, margin : margin + side, margin : margin + side]


def _photograph(name: str) -> np.ndarray:
    """Return a photograph in grey."""
    if name in ("china", "flower"):
        loaded: Any = require("sklearn.datasets", "data").load_sample_image(f"{name}.jpg")
    else:
        loaded = getattr(require("skimage.data", "images"), name)()
    image = np.asarray(loaded, float)
    return image[..., :3] @ np.array([0.299, 0.587, 0.114]) if image.ndim == 3 else image


@functools.cache
def _whitened(name: str) -> np.ndarray:
    """Return a photograph whose spectrum is flat up to a cutoff, with a spread of 1."""
    image = _photograph(name)
    frequency = np.hypot(*np.meshgrid(*map(np.fft.fftfreq, image.shape), indexing="ij"))
    flat = frequency * np.exp(-((frequency / _CUTOFF) ** 4))
    white = np.fft.ifft2(np.fft.fft2(image - image.mean()) * flat).real
    return white / white.std()
