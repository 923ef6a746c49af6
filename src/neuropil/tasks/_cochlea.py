"""A cochlea model: from sound to spikes in channels ordered by frequency."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from ._errors import as_count, as_positive, fail, require

_LAST = 0.08  # seconds after which a gammatone response of 100 Hz is below 1e-4 of its peak
_GROUP = 64  # recordings filtered together


@dataclass(frozen=True)
class Cochlea:
    r"""A bank of gammatone filters, hair cells that compress, and leaky spike generators.

    1. *Outer and middle ear*: frequencies above `emphasis` are raised by 6 dB an octave,
       $s_n = x_n - e^{-2\pi f_e / r} x_{n-1}$ at sampling rate $r$, and $s$ is divided by its root
       mean square, so that loudness carries no label.
    2. *Basilar membrane*: channel $i$ is $s * g_i$ with a gammatone of unit gain at its centre
       frequency $f_i$, $g_i(t) \propto t^3 e^{-2\pi b_i t}\cos(2\pi f_i t)$,
       $b_i = 1.019\,(24.7 + 0.108 f_i)$ Hz. The $f_i$ are equally spaced on the ERB scale
       $21.4\log_{10}(1 + 0.00437 f)$ between `low` and `high`.
    3. *Hair cell*: half-wave rectification and a power law, $h_i = \max(0, y_i)^{\alpha}$, averaged
       over each `step`.
    4. *Spike generator*: $\tau\,\dot v_i = -v_i + G h_i$, a spike and $v_i \leftarrow 0$ where
       $v_i \ge 1$, then `refractory` ms of silence; solved exactly for $h_i$ constant in a step.

    Deterministic; the same for a sound alone or among others.

    **Arguments:** `channels`; `low`, `high`, first and last centre frequency in Hz; `emphasis`
    in Hz; `exponent` $\alpha$ in (0, 1]; `gain` $G$; `tau` in ms; `refractory` in ms, zero for
    none; `step` in ms.

    **Raises:** `TaskError` for values out of range.

    >>> ear = Cochlea(channels=16)
    >>> tone = np.sin(2 * np.pi * 1000.0 * np.arange(4000) / 8000.0)
    >>> times, channels = ear.encode([tone], rate=8000)[0]
    >>> loudest = np.bincount(channels, minlength=16).argmax()
    >>> bool(abs(ear.frequencies()[loudest] - 1000.0) < 100.0)
    True

    Source: filters, Glasberg and Moore 1990, https://doi.org/10.1016/0378-5955(90)90170-T
    """

    channels: int = 64
    low: float = 100.0
    high: float = 3600.0
    emphasis: float = 100.0
    exponent: float = 0.4
    gain: float = 7.0
    tau: float = 20.0
    refractory: float = 8.0
    step: float = 1.0

    def __post_init__(self):
        """Check every parameter."""
        as_count(self.channels, "channels", maximum=65_535)
        for name, unit in (
            ("low", "Hz"),
            ("high", "Hz"),
            ("emphasis", "Hz"),
            ("exponent", ""),
            ("gain", ""),
            ("tau", "ms"),
            ("step", "ms"),
        ):
            as_positive(getattr(self, name), name, unit)
        if self.refractory != 0:
            as_positive(self.refractory, "refractory", "ms")
        if self.exponent > 1:
            fail("exponent", self.exponent, "a power in (0, 1]", "pass e.g. exponent=0.4")
        if self.high <= self.low:
            fail("high", self.high, f"more than low={self.low:g} Hz", "swap low and high")
        for field in fields(self):
            kind = int if field.name == "channels" else float
            object.__setattr__(self, field.name, kind(getattr(self, field.name)))

    def frequencies(self) -> np.ndarray:
        """Return the centre frequencies in Hz, lowest first."""
        lowest, highest = (21.4 * np.log10(1 + 0.00437 * f) for f in (self.low, self.high))
        return (10 ** (np.linspace(lowest, highest, self.channels) / 21.4) - 1) / 0.00437

    def encode(
        self, sounds: Sequence[np.ndarray], *, rate: int
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return the spikes of each sound: times in ms (start of the step) and channels.

        **Arguments:** `sounds`, each [sample]; `rate`, samples per second.

        **Raises:** `TaskError` for empty or non-finite sounds, a rate too low for `high` and a
        `step` that is not a whole number of samples.
        """
        hertz = as_count(rate, "rate")
        if self.high >= hertz / 2:
            fail("rate", rate, f"more than {2 * self.high:g} Hz, twice high", "lower high")
        samples = self.step * hertz / 1000
        width = max(1, round(samples))
        if abs(samples - width) > 1e-6 * samples:
            got = f"{self.step:g} ms, which is {samples:g} samples at {hertz} Hz"
            fix = f"pass step={1000 * width / hertz!r} or resample the sounds"
            fail("step", got, "a whole number of samples", fix)
        levelled = [_level(sound, np.exp(-2 * np.pi * self.emphasis / hertz)) for sound in sounds]
        spikes: list[tuple[np.ndarray, np.ndarray]] = [(np.empty(0), np.empty(0, int))]
        spikes *= len(levelled)
        # Neighbours in length share a padded length, hence a filter response and a time loop.
        order = sorted(range(len(levelled)), key=lambda at: len(levelled[at]))
        for start in range(0, len(order), _GROUP):
            group = order[start : start + _GROUP]
            fired = self._fire(self._transduce([levelled[at] for at in group], hertz, width))
            for at, raster in zip(group, fired, strict=True):
                when, which = np.nonzero(raster[: -(-len(levelled[at]) // width)])
                spikes[at] = (when * self.step, which)
        return spikes

    def _transduce(self, sounds: list[np.ndarray], rate: int, width: int) -> np.ndarray:
        """Return hair cell output [sound, step, channel], averaged over `width` samples."""
        fft = require("scipy.fft", "data")
        steps = -(-max(len(sound) for sound in sounds) // width)
        response = self._responses(rate)
        length = fft.next_fast_len(steps * width + response.shape[1] - 1, real=True)
        spectrum = fft.rfft(response, length)
        cells = np.empty((len(sounds), steps, self.channels), np.float32)
        for at, sound in enumerate(sounds):
            motion = fft.irfft(fft.rfft(sound, length) * spectrum, length)[:, : steps * width]
            released = np.maximum(motion, 0.0) ** self.exponent
            cells[at] = released.reshape(self.channels, steps, width).mean(2).T
        return cells

    def _responses(self, rate: int) -> np.ndarray:
        """Return gammatone impulse responses [channel, sample], of unit gain at the centre."""
        centre = self.frequencies()[:, None]
        time = np.arange(int(_LAST * rate)) / rate
        bandwidth = 1.019 * (24.7 + 0.108 * centre)
        carrier = np.exp(2j * np.pi * centre * time)
        response = time**3 * np.exp(-2 * np.pi * bandwidth * time) * np.real(carrier)
        return response / np.abs((response * carrier.conj()).sum(1, keepdims=True))

    def _fire(self, cells: np.ndarray) -> np.ndarray:
        """Return spikes [sound, step, channel] of the leaky generators."""
        keep = np.float32(np.exp(-self.step / self.tau))
        rest = round(self.refractory / self.step)
        drive = cells * (np.float32(self.gain) * (1 - keep))
        v = np.zeros_like(cells[:, 0])
        waiting = np.zeros(v.shape, np.int32)
        fired = np.zeros(cells.shape, bool)
        for k in range(cells.shape[1]):
            v = np.where(waiting > 0, 0, keep * v + drive[:, k]).astype(np.float32)
            waiting -= waiting > 0
            fired[:, k] = v >= 1
            v[fired[:, k]] = 0
            waiting[fired[:, k]] = rest
        return fired


def _level(sound: np.ndarray, keep: float) -> np.ndarray:
    """Return the sound with emphasis and a root mean square of one."""
    wave = np.asarray(sound)
    if wave.ndim != 1 or wave.size == 0 or not np.issubdtype(wave.dtype, np.number):
        got = f"shape {wave.shape} of {wave.dtype}"
        fail("sounds", got, "one axis of numbers per sound", "pass a list of mono recordings")
    wave = wave.astype(np.float64)
    if not np.isfinite(wave).all():
        fail("sounds", "NaN or infinity", "finite samples", "clean the recording")
    wave[1:] -= keep * wave[:-1]
    loudness = np.sqrt(np.mean(wave**2))
    return wave / loudness if loudness > 0 else wave
