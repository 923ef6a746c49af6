from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from ..numerics import fail
from ._checks import as_ticks, as_traces


class Spectrum(NamedTuple):
    """Frequencies in Hz, and the power at them in units of the signal squared per Hz."""

    frequency: Float[np.ndarray, " frequencies"]
    power: Float[np.ndarray, "frequencies *signals"]


def power_spectrum(signal: ArrayLike, dt: float, segment: float) -> Spectrum:
    r"""Return how the variance of a signal is spread over frequencies, by Welch's method.

    The mean over segments that overlap by half, each less its mean and in a Hann window $w$, of

    $$P(f) = \frac{2 \Delta t}{\sum_t w_t^2}
      \left| \sum_t w_t x_t e^{-2 \pi i f t \Delta t} \right|^2,$$

    without the 2 at zero and at the highest frequency of an even number of samples. It is
    one-sided: its integral over frequencies is the variance.

    **Arguments:** `signal`, `[time]` or `[time, signals]`, such as `population_rate`; `dt`, the
    time between its samples in ms, the bin of a rate; `segment`, in ms, a whole number of samples
    and at least two: frequencies are `1000 / segment` Hz apart.

    **Raises:** `NeuropilError` for signals that are not finite, and for segments that are longer
    than the signal.

    >>> time = np.arange(1000)
    >>> found = power_spectrum(np.sin(2 * np.pi * 0.04 * time), dt=1.0, segment=100.0)
    >>> float(found.frequency[found.power.argmax()])
    40.0

    Welch 1967, doi:10.1109/TAU.1967.1161901
    """
    signal = as_traces(signal, "signal", "[time] or [time, signals]", 1, 2)
    length, dt = as_ticks(segment, "segment", dt)
    if not 2 <= length <= len(signal):
        fail("segment", f"{length} samples", f"2 to {len(signal)} samples of {dt:g} ms",
             f"pass e.g. segment={max(2, len(signal) // 8) * dt:g}")  # fmt: skip
    window = np.hanning(length + 1)[:-1]
    shape = (length, *[1] * (signal.ndim - 1))
    power = np.zeros((length // 2 + 1, *signal.shape[1:]))
    starts = range(0, len(signal) - length + 1, max(1, length - length // 2))
    for start in starts:
        part = signal[start : start + length]
        part = (part - part.mean(axis=0)) * window.reshape(shape)
        power += np.abs(np.fft.rfft(part, axis=0)) ** 2
    power *= 2 * dt * 1e-3 / (np.sum(window**2) * len(starts))
    power[0] /= 2
    if length % 2 == 0:
        power[-1] /= 2
    return Spectrum(np.fft.rfftfreq(length, dt * 1e-3), power)
