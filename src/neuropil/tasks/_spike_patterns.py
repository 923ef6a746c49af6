"""Spike trains of two classes that differ in their rate, in their intervals, or in their order."""

from typing import Any

import numpy as np

from ._errors import as_count, as_positive, fail
from ._samples import Samples, generator, normal, whole


def poisson_rates(
    samples: int,
    rates: tuple[float, float] = (20.0, 40.0),
    channels: int = 16,
    bins: int = 512,
    *,
    seed: int = 0,
) -> Samples:
    r"""Poisson trains; the class is their rate.

    $P(x_t = 1) = 1 - e^{-r_c \Delta t}$ in bins of 1 ms.

    **Arguments:** `samples`, how many; `rates` of the two classes, in Hz; `channels`; `bins` of
    1 ms; `seed`, an integer, at least 0.

    **Returns:** `Samples` of spikes [sample, time, channel] and classes [sample].

    **Raises:** `TaskError` for counts, rates and seeds that are none.

    >>> spikes, classes = poisson_rates(100)
    >>> spikes.shape, bool(spikes[classes == 1].mean() > 1.5 * spikes[classes == 0].mean())
    ((100, 512, 16), True)

    Source: Rudnicka et al. 2025, arXiv:2508.11674.
    """
    hz = _pair(rates, "rates", "Hz")
    shape = _shape(samples, bins, channels)
    classes = _classes(shape[0])
    p = -np.expm1(-hz[classes] / 1000.0)
    return Samples(_uniform(generator(seed), shape) < p[:, None, None], classes)


def spike_pairs(
    samples: int,
    intervals: tuple[float, float] = (3.0, 25.0),
    channels: int = 8,
    active: int = 6,
    bins: int = 100,
    *,
    jitter: float = 0.5,
    seed: int = 0,
) -> Samples:
    r"""Two volleys on some of the channels; the class is the interval between them.

    $t_{1k} = T + \xi_{1k}$, $t_{2k} = T + \Delta_c + \xi_{2k}$, $\xi \sim N(0, \sigma^2)$, to the
    nearest bin of 1 ms. From `active` to all channels take part: how many, which, and when is
    random, so that counts tell nothing of the class, of a channel or of all together, and a strong
    volley may be of either.

    **Arguments:** `samples`; `intervals` $\Delta_c$ of the two classes, in ms; `channels`, of
    which at least `active` take part; `bins` of 1 ms; `jitter` $\sigma$, in ms; `seed`.

    **Returns:** `Samples` of spikes [sample, time, channel] and classes [sample].

    **Raises:** `TaskError` for numbers that are none, and intervals that do not fit.

    >>> spikes, classes = spike_pairs(100)
    >>> sorted(set(spikes.sum((1, 2)).tolist()))
    [12, 14, 16]
    """
    gaps = _pair(intervals, "intervals", "ms")
    shape = _shape(samples, bins, channels)
    least = as_count(active, "active", maximum=shape[2])
    spread = as_positive(jitter, "jitter", "ms")
    margin = int(np.ceil(5.0 * spread))
    starts = shape[1] - int(np.ceil(gaps.max())) - 2 * margin - 1
    if starts < 1:
        expected = f"intervals that fit into {shape[1]} ms with their jitter"
        fail("intervals", intervals, expected, "pass more bins")
    stream, classes = generator(seed), _classes(shape[0])
    rank = np.argsort(whole(stream, (shape[0], shape[2]), 2**40), axis=1)
    taking_part = rank < least + whole(stream, (shape[0], 1), shape[2] - least + 1)
    onset = margin + whole(stream, (shape[0], 1), starts)
    noise = spread * np.clip(normal(stream, (2, shape[0], shape[2])), -5.0, 5.0)
    first = np.rint(onset + noise[0]).astype(int)
    second = np.rint(onset + gaps[classes][:, None] + noise[1]).astype(int)
    second = np.where(second == first, second + 1, second)  # a channel spikes once in a bin
    spikes = np.zeros(shape, bool)
    sample, channel = np.nonzero(taking_part)
    for when in (first, second):
        spikes[sample, when[sample, channel], channel] = True
    return Samples(spikes, classes)


def regular_or_poisson(
    samples: int, rate: float = 40.0, channels: int = 1, bins: int = 512, *, seed: int = 0
) -> Samples:
    r"""Clocks of random phase (class 0) or Poisson trains (class 1), at the same rate.

    **Arguments:** `samples`; `rate` in Hz; `channels`; `bins` of 1 ms; `seed`.

    **Returns:** `Samples` of spikes [sample, time, channel] and classes [sample].

    **Raises:** `TaskError` for numbers that are none.

    >>> spikes, classes = regular_or_poisson(8, rate=50.0)
    >>> np.unique(np.diff(np.flatnonzero(spikes[0, :, 0]))).tolist()
    [20]
    """
    hz = as_positive(rate, "rate", "Hz")
    shape = _shape(samples, bins, channels)
    stream, classes = generator(seed), _classes(shape[0])
    random = _uniform(stream, shape) < -np.expm1(-hz / 1000.0)
    phase = _uniform(stream, (shape[0], 1, shape[2]))
    beats = phase + np.arange(shape[1] + 1)[None, :, None] * hz / 1000.0
    regular = np.diff(np.floor(beats), axis=1) > 0
    return Samples(np.where(classes[:, None, None] == 1, random, regular), classes)


def markov_or_poisson(
    samples: int,
    rate: float = 100.0,
    persistence: float = 0.8,
    channels: int = 1,
    bins: int = 512,
    *,
    seed: int = 0,
) -> Samples:
    r"""Bursts of a Markov chain (class 0) or Poisson trains (class 1), at the same rate.

    After a spike the chain spikes again with probability $q$ = `persistence`, after none with
    $p (1 - q) / (1 - p)$, so that it spikes in the share $p = 1 - e^{-r \Delta t}$ of bins, as the
    other does.

    **Arguments:** `samples`; `rate` r in Hz; `persistence` q, 0 to below 1; `channels`; `bins` of
    1 ms; `seed`.

    **Returns:** `Samples` of spikes [sample, time, channel] and classes [sample].

    **Raises:** `TaskError` for numbers that are none, and a persistence that the rate forbids.

    >>> spikes, classes = markov_or_poisson(400)
    >>> bool(abs(spikes[classes == 0].mean() / spikes[classes == 1].mean() - 1.0) < 0.1)
    True
    """
    hz = as_positive(rate, "rate", "Hz")
    stays = as_positive(persistence, "persistence", "")
    p = -np.expm1(-hz / 1000.0)
    begins = p * (1.0 - stays) / (1.0 - p)
    if not stays < 1.0 or begins > 1.0:
        fail("persistence", persistence, "a probability below 1", "pass e.g. persistence=0.8")
    shape = _shape(samples, bins, channels)
    draws, classes = _uniform(generator(seed), shape), _classes(shape[0])
    chain = np.zeros(shape, bool)
    chain[:, 0] = draws[:, 0] < p
    for t in range(1, shape[1]):
        chain[:, t] = draws[:, t] < np.where(chain[:, t - 1], stays, begins)
    return Samples(np.where(classes[:, None, None] == 1, draws < p, chain), classes)


def _classes(samples: int) -> np.ndarray:
    return (np.arange(samples) % 2).astype("<i4")


def _shape(samples: Any, bins: Any, channels: Any) -> tuple[int, int, int]:
    return as_count(samples, "samples"), as_count(bins, "bins"), as_count(channels, "channels")


def _uniform(stream: np.random.PCG64, shape: tuple[int, ...]) -> np.ndarray:
    words = stream.random_raw(int(np.prod(shape))).reshape(shape)
    return (words >> np.uint64(11)) * 2.0**-53


def _pair(value: Any, name: str, unit: str) -> np.ndarray:
    if not isinstance(value, tuple | list) or len(value) != 2:
        fail(name, value, f"two numbers in {unit}, one per class", f"pass e.g. {name}=(20.0, 40.0)")
    return np.array([as_positive(x, name, unit) for x in value])
