"""How long activity remembers itself: autocorrelation, and exponentials fitted to it."""

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from ..numerics import as_count, as_time_step, fail
from ._checks import as_traces

SHORTEST, LONGEST, GRID, FINER, APART, LEAST = 0.1, 100.0, 90, 3, 3.0, 0.1


class Timescale(NamedTuple):
    """Time constants in ms, one per neuron, and the band that resampled trials give."""

    tau: Float[np.ndarray, " neuron"]
    low: Float[np.ndarray, " neuron"]
    high: Float[np.ndarray, " neuron"]


def autocorrelation(traces: ArrayLike, longest: int) -> Float[np.ndarray, "trial lag neuron"]:
    r"""Return the autocorrelation of activity, for every trial and neuron.

    $$r_k = \frac{1}{(T - k)\,\sigma^2} \sum_t (x_t - \bar x)(x_{t+k} - \bar x),\quad k = 0 \ldots$$

    with mean and variance of the trial; the sum over fewer pairs at longer lags is divided by how
    many they are.

    **Arguments:** `traces`, `[trial, time, neuron]`; `longest`, the largest lag in ticks, below a
    quarter of the time.

    **Raises:** `NeuropilError` for anything else. NaN for neurons that do nothing.

    >>> x = np.tile([1.0, -1.0], 50).reshape(1, 100, 1)
    >>> autocorrelation(x, 2)[0, :, 0].tolist()
    [1.0, -1.0, 1.0]

    Source: Zeraati et al. 2022, https://doi.org/10.1038/s43588-022-00214-3
    """
    x = as_traces(traces, "traces", "[trial, time, neuron]", 3)
    ticks, lags = x.shape[1], as_count(longest, "longest")
    if 4 * lags > ticks:
        expected = f"at most a quarter of the {ticks} ticks"
        fail("longest", longest, expected, "record for longer, or fit fewer lags")
    x = x - x.mean(axis=1, keepdims=True)
    found = [(x[:, : ticks - k] * x[:, k:]).mean(axis=1) for k in range(lags + 1)]
    covariance = np.stack(found, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(covariance[:, :1] > 0, covariance / covariance[:, :1], np.nan)


def exponential_timescale(correlation: ArrayLike, dt: float) -> Float[np.ndarray, " neuron"]:
    r"""Return the time constant of an autocorrelation, by a fit of one or of two exponentials.

    $r(t) \approx a\,e^{-t/\tau}$ or $a_1 e^{-t/\tau_1} + a_2 e^{-t/\tau_2}$, by least squares over
    the lags from the first on, with time constants from 0.1 to 100 ticks. Akaike's criterion
    chooses, $n \ln(\mathrm{RSS}/n) + 2 k$; of two time constants the longer counts. Two are taken
    for two if they are threefold apart and either has a tenth of the weight: the noise of an
    autocorrelation is itself correlated, and looks like a faint slow exponential.

    **Arguments:** `correlation`, `[lag, neuron]` from lag 0 on, at least 8 lags; `dt` in ms.

    **Raises:** `NeuropilError` for fewer lags, and a time step that is not positive. NaN where the
    correlation is.

    >>> r = np.exp(-np.arange(31.0) / 8.0)[:, None]
    >>> bool(abs(exponential_timescale(r, dt=1.0)[0] - 8.0) < 0.1)
    True

    Source: Khajehabdollahi et al. 2024, https://doi.org/10.48550/arXiv.2309.12927
    """
    fix = "pass what autocorrelation returned, averaged over trials"
    try:
        r = np.asarray(correlation, float)
    except (TypeError, ValueError):
        fail("correlation", type(correlation).__name__, "numbers [lag, neuron]", fix)
    if r.ndim != 2 or len(r) < 9 or not r.size:
        fail("correlation", f"shape {r.shape}", "[lag, neuron], with at least 8 lags", fix)
    step = float(as_time_step(dt))
    good = np.isfinite(r).all(axis=0)
    tau = np.full(r.shape[1], np.nan)
    if good.any():
        tau[good] = _fitted(r[1:, good]) * step
    return tau


def network_timescale(
    traces: ArrayLike, dt: float, *, longest: int = 30, resamples: int = 100, seed: int = 0
) -> Timescale:
    """Return every neuron's time constant, by its autocorrelation over trials, with a band.

    Correlations are averaged over trials and fitted; the band holds 95 % of what trials drawn with
    replacement give.

    **Arguments:** `traces`, `[trial, time, neuron]`; `dt` in ms; `longest`, the largest lag in
    ticks; `resamples`, how often trials are drawn; `seed`.

    **Raises:** `NeuropilError` as :func:`autocorrelation` and :func:`exponential_timescale`.

    >>> noise = np.random.default_rng(0).normal(size=(1000, 20, 1))
    >>> for past, now in zip(noise, noise[1:]):
    ...     now += np.exp(-1.0 / 5.0) * past
    >>> found = network_timescale(noise.swapaxes(0, 1), dt=1.0, longest=20, resamples=20)
    >>> bool(found.low[0] < 5.0 < found.high[0])
    True
    """
    by_trial = autocorrelation(traces, longest)
    again = as_count(resamples, "resamples")
    random, trials = np.random.default_rng(as_count(seed, "seed", minimum=0)), len(by_trial)
    drawn = random.integers(0, trials, (again, trials))
    whole = exponential_timescale(by_trial.mean(axis=0), dt)
    # All resamples are fitted at once, side by side.
    means = by_trial[drawn].mean(axis=1)
    lags, neurons = means.shape[1:]
    wide = means.transpose(1, 0, 2).reshape(lags, -1)
    fits = exponential_timescale(wide, dt).reshape(again, neurons)
    with np.errstate(all="ignore"):
        low, high = np.quantile(fits, [0.025, 0.975], axis=0)
    return Timescale(whole, low, high)


def _fitted(r: Float[np.ndarray, "lag neuron"]) -> Float[np.ndarray, " neuron"]:
    """Return the time constants in ticks, for lags from 1 on."""
    lags, count = np.arange(1.0, len(r) + 1), len(r)
    taus = np.geomspace(SHORTEST, LONGEST, GRID)
    one, of_one = _best_one(r, lags, taus)
    for _ in range(FINER):
        one, of_one = _refined_one(r, lags, one, of_one)
    slow, of_two = _best_two(r, lags, taus)
    tiny = 1e-12
    criterion_one = count * np.log(of_one / count + tiny) + 2 * 2
    criterion_two = count * np.log(of_two / count + tiny) + 2 * 4
    return np.where(criterion_two < criterion_one, slow, one)


def _best_one(r, lags, taus):
    """Return the best of some time constants for every neuron, and the sum of squares left."""
    shapes = np.exp(-lags / taus[:, None])
    weight = np.maximum(shapes @ r, 0.0)
    left = (r**2).sum(axis=0) - weight**2 / (shapes**2).sum(axis=1)[:, None]
    best = left.argmin(axis=0)
    return taus[best], np.maximum(left[best, np.arange(r.shape[1])], 0.0)


def _refined_one(r, lags, tau, left):
    """Try time constants around the best ones, closer than before."""
    width = (LONGEST / SHORTEST) ** (1.0 / (GRID - 1))
    for factor in np.geomspace(1.0 / width, width, 41):
        near = np.clip(tau * factor, SHORTEST, LONGEST)
        shapes = np.exp(-lags[:, None] / near)
        weight = np.maximum((shapes * r).sum(axis=0), 0.0)
        own = (r**2).sum(axis=0) - weight**2 / (shapes**2).sum(axis=0)
        better = own < left
        tau, left = np.where(better, near, tau), np.where(better, np.maximum(own, 0.0), left)
    return tau, left


def _best_two(r, lags, taus):
    """Return the longer of the best two time constants with positive weight, and what is left."""
    shapes = np.exp(-lags / taus[:, None])
    product, gram = shapes @ r, shapes @ shapes.T
    total = (r**2).sum(axis=0)
    best, slow = np.full(r.shape[1], np.inf), np.full(r.shape[1], np.nan)
    steps = math.ceil(math.log(APART) / math.log(taus[1] / taus[0]))
    for i, j in zip(*np.triu_indices(len(taus), steps), strict=True):
        determinant = gram[i, i] * gram[j, j] - gram[i, j] ** 2
        first = (gram[j, j] * product[i] - gram[i, j] * product[j]) / determinant
        second = (gram[i, i] * product[j] - gram[i, j] * product[i]) / determinant
        left = total - first * product[i] - second * product[j]
        share = np.minimum(first, second) / (first + second)
        better = (left < best) & (first > 0) & (share >= LEAST)
        best = np.where(better, left, best)
        slow = np.where(better, taus[j], slow)
    return slow, np.maximum(best, 0.0)
