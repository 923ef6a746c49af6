"""Natural photographs, seen through a window that moves as eyes do."""

import functools
from typing import Any

import numpy as np

from ._errors import as_count, fail, require
from ._moving_textures import DIRECTIONS
from ._samples import Samples, generator, whole

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

LAST, LONGEST = 6, 10
_CUTOFF = 0.35


def moving_photographs(
    samples: int, part: str = "train", size: int = 24, frames: int = 12, *, seed: int = 0
) -> Samples:
    """Movies of a window that drifts over a photograph by one pixel a frame and turns at times.

    Photographs are grey and whitened. The path is made of straight segments of 6 to 10 frames,
    each in one of eight directions, a unit of distance a frame on diagonals too, shifted in the
    Fourier domain; the last segment has at least 6 frames. The picture moves against the window:
    targets are directions of the picture.

    **Arguments:** `samples`, how many; `part`, "train" or "test", of other photographs; `size`,
    rows and columns; `frames`; `seed`.

    **Returns:** `Samples` of inputs [sample, frame, row, column] float32, brightness with a spread
    of about 1, and targets [sample] int32, the last direction, which count `DIRECTIONS`.

    **Raises:** `TaskError` for counts and seeds that are none, fewer than 6 frames, another part
    and windows that do not fit; `MissingExtra` without scikit-image and scikit-learn.

    Source: the task of Grimaldi and Perrinet 2023, https://doi.org/10.1007/s00422-023-00975-8;
    photographs of scikit-image and scikit-learn.
    """
    count, side = as_count(samples, "samples"), as_count(size, "size")
    length = as_count(frames, "frames", minimum=LAST)
    if part not in PHOTOGRAPHS:
        fail("part", part, f"one of {tuple(PHOTOGRAPHS)}", "pass e.g. part='train'")
    stream = generator(seed)
    crop = side + 2 * (length + 1)
    images = [_whitened(name) for name in PHOTOGRAPHS[part]]
    if crop > min(min(image.shape) for image in images):
        expected = f"at most {min(min(image.shape) for image in images) - 2 * (length + 1)}"
        fail("size", size, expected, "lower it, or show fewer frames")
    targets, paths = _paths(stream, count, length)
    which = whole(stream, (count,), len(images))
    words = whole(stream, (count, 2), 1 << 30)
    inputs = np.empty((count, length, side, side), np.float32)
    for index in range(count):
        image = images[which[index]]
        top, left = words[index] % (np.array(image.shape) - crop + 1)
        patch = image[top : top + crop, left : left + crop]
        inputs[index] = _seen(patch, paths[index], side)
    return Samples(inputs, targets.astype("<i4"))


def _paths(stream, count: int, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Return last directions, and how far the picture has moved in every frame."""
    segments = length // LAST + 1
    drawn = whole(stream, (count, segments), len(DIRECTIONS))
    lengths = LAST + whole(stream, (count, segments), LONGEST - LAST + 1)
    steps = np.array(DIRECTIONS, float)
    steps /= np.linalg.norm(steps, axis=1, keepdims=True)
    # Segments are laid backwards from the last frame, so that the last one is never cut.
    ends = np.cumsum(lengths, axis=1)
    ago = np.arange(length)[::-1]
    segment = np.minimum((ago[None, :, None] >= ends[:, None]).sum(axis=2), segments - 1)
    moves = steps[np.take_along_axis(drawn, segment, axis=1)]
    moves[:, 0] = 0.0
    path = np.cumsum(moves, axis=1)
    middle = (path.max(axis=1, keepdims=True) + path.min(axis=1, keepdims=True)) / 2
    return drawn[:, 0], path - middle


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
