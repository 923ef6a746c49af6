import numpy as np
from numpy.typing import ArrayLike

from ..numerics import fail
from ._checks import as_trajectories


def spectral_distance(true: ArrayLike, generated: ArrayLike, smoothing: float = 20.0) -> float:
    r"""Return how much the rhythms of two trajectories differ: the Hellinger distance of spectra.

    $$D_H = \Big\langle \sqrt{1 - \textstyle\sum_f \sqrt{P_{if}\, Q_{if}}} \Big\rangle_i$$

    where P and Q are the squared Fourier amplitudes of the standardised variables, smoothed by a
    Gaussian, with a sum of 1. It is 0 for equal spectra and 1 for those that share no frequency.

    **Arguments:** `true` and `generated`, `[time, dimensions]`, equally long; `smoothing`, the
    Gaussian's standard deviation in frequencies, 0 for none.

    **Returns:** the mean over variables; a variable that does not move has no spectrum and counts
    1. Infinite where the generated trajectory is not finite.

    **Raises:** `NeuropilError` for a true trajectory that is not finite, and unequal shapes.

    >>> time = np.arange(2000.0)[:, None]
    >>> slow, fast = np.sin(0.1 * time), np.sin(0.9 * time)
    >>> round(spectral_distance(slow, slow), 6), round(spectral_distance(slow, fast), 2)
    (0.0, 0.99)

    Source: Mikhaeil et al. 2022, https://doi.org/10.48550/arXiv.2110.07238
    """
    true, generated, is_finite = as_trajectories(true, generated)
    if generated.shape != true.shape:
        expected = f"{true.shape}, as of the true one"
        fail("generated", f"shape {generated.shape}", expected, "run it for as long")
    is_number = isinstance(smoothing, int | float) and not isinstance(smoothing, bool)
    if not is_number or not np.isfinite(smoothing) or smoothing < 0:
        fail("smoothing", smoothing, "a finite number, at least 0", "pass e.g. smoothing=20.0")
    if not is_finite:
        return float("inf")
    p, q = (_spectrum(points, float(smoothing)) for points in (true, generated))
    overlap = np.clip(np.sqrt(p * q).sum(axis=0), 0.0, 1.0)
    return float(np.mean(np.sqrt(1.0 - overlap)))


def _spectrum(points, smoothing):
    centred = points - points.mean(axis=0)
    spread = centred.std(axis=0)
    moves = spread > 1e-12 * np.maximum(1.0, np.abs(points).max(axis=0))
    power = np.abs(np.fft.rfft(centred / np.where(moves, spread, 1.0), axis=0)) ** 2
    power = np.where(moves, power, 0.0)
    if smoothing > 0:
        reach = int(4 * smoothing + 0.5)
        kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / smoothing) ** 2)
        padded = np.pad(power, ((reach, reach), (0, 0)), mode="symmetric")
        smooth = [np.convolve(column, kernel / kernel.sum(), "valid") for column in padded.T]
        power = np.stack(smooth, axis=1)
    total = power.sum(axis=0)
    return power / np.where(total > 0, total, 1.0)
