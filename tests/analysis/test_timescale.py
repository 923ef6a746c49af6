"""Timescales: of series whose correlation is known, of sums of two, with a band over trials."""

import numpy as np
import pytest
from scipy.optimize import curve_fit
from scipy.signal import lfilter

from neuropil.analysis import autocorrelation, exponential_timescale, network_timescale

RNG = np.random.default_rng(0)


def autoregressive(tau, trials, ticks, neurons):
    noise = RNG.normal(size=(trials, ticks, neurons))
    return lfilter([1.0], [1.0, -np.exp(-1 / tau)], noise, axis=1) * np.sqrt(-np.expm1(-2 / tau))


def test_correlations_are_unbiased_and_one_at_no_lag():
    x = RNG.normal(size=(2, 200, 3)).cumsum(axis=1)
    found = autocorrelation(x, 5)
    centred = x - x.mean(axis=1, keepdims=True)
    for k in range(6):
        product = centred[:, : 200 - k] * centred[:, k:]
        expected = product.sum(axis=1) / (200 - k) / centred.var(axis=1)
        np.testing.assert_allclose(found[:, k], expected)
    assert np.isnan(autocorrelation(np.zeros((1, 100, 1)), 3)).all()


@pytest.mark.parametrize("dt", [1.0, 0.5])
def test_an_autoregressive_series_has_the_timescale_of_its_coefficient(dt):
    found = network_timescale(autoregressive(8.0, 10, 20_000, 4), dt)
    np.testing.assert_allclose(found.tau, 8.0 * dt, atol=1.0 * dt)
    assert (found.low <= found.tau).all() and (found.tau <= found.high).all()


def test_of_two_timescales_the_longer_is_found():
    x = autoregressive(2.0, 10, 20_000, 3) + autoregressive(20.0, 10, 20_000, 3)
    np.testing.assert_allclose(network_timescale(x, 1.0, resamples=5).tau, 20.0, rtol=0.15)


def test_fits_of_one_exponential_are_those_of_scipy():
    lags = np.arange(31.0)
    for tau in (0.7, 3.3, 25.0):
        r = 0.8 * np.exp(-lags / tau) + 0.01 * RNG.normal(size=31)
        (_, expected), _ = curve_fit(
            lambda t, a, tau: a * np.exp(-t / tau), lags[1:], r[1:], (1.0, tau)
        )
        assert exponential_timescale(r[:, None], 1.0)[0] == pytest.approx(expected, rel=0.02)
