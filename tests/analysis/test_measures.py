"""Measures against point processes of known statistics, closed forms and SciPy."""

import jax
import numpy as np
import pytest
import scipy.signal
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropil import analysis
from neuropil.analysis import (
    Events,
    autocorrelogram,
    binned_counts,
    coefficient_of_variation,
    cross_correlogram,
    events_of,
    fano_factor,
    intervals,
    local_variation,
    mean_correlation,
    pair_correlations,
    population_rate,
    power_spectrum,
    rates,
    synchrony,
    synchrony_of_counts,
    van_rossum_distance,
)
from neuropil.numerics import NeuropilError

KEY = jax.random.key(0)


def renewal(shape, mean_ticks, neurons, ticks, seed):
    """Trains with gamma-distributed intervals, from long before the recording begins."""
    rng = np.random.default_rng(seed)
    number = int(2 * ticks / mean_ticks) + 60
    times = rng.gamma(shape, mean_ticks / shape, (neurons, number)).cumsum(axis=1) - 20 * mean_ticks
    assert times[:, -1].min() > ticks
    neuron, spike = np.nonzero((times >= 0) & (times < ticks))
    place = np.unique(times[neuron, spike].astype(int) * neurons + neuron)
    return Events(*np.divmod(place, neurons), ticks, neurons)


def poisson(chance, ticks, neurons, seed):
    return np.random.default_rng(seed).random((ticks, neurons)) < chance


def clock(period, ticks, neurons):
    spikes = np.zeros((ticks, neurons), bool)
    for neuron in range(neurons):
        spikes[neuron % period :: period, neuron] = True
    return spikes


def test_poisson_trains():
    """Every figure lies within four standard errors of what theory says.

    With chance p in every tick, intervals are geometric and counts binomial: the coefficient of
    variation is sqrt(1 - p) and the Fano factor 1 - p.
    """
    chance, ticks, neurons = 0.01, 20_000, 100
    spikes = poisson(chance, ticks, neurons, seed=0)
    total = chance * ticks * neurons
    assert abs(rates(spikes, 1.0).mean() - 1000 * chance) < 4 * 1000 * chance / np.sqrt(total)
    cv = coefficient_of_variation(spikes)
    # A coefficient of variation from n exponential intervals has a variance of 1 / n, and is low
    # by about 1 / n.
    each = 1 / (chance * ticks)
    assert abs(cv.mean() - np.sqrt(1 - chance)) < 4 * np.sqrt(each / neurons) + 2 * each
    assert abs(cv.std() / np.sqrt(each) - 1) < 0.3
    fano = fano_factor(spikes, 1.0, 50.0)
    assert abs(fano.mean() - (1 - chance)) < 4 * np.sqrt(2 / (ticks / 50) / neurons)
    # Geometric intervals tie more often than exponential ones, a correction of the order of p.
    assert abs(np.nanmean(local_variation(spikes, 1.0)) - 1) < 4 * np.sqrt(each / neurons) + 0.03
    pairs, bins = neurons * (neurons - 1) / 2, ticks / 5
    assert abs(mean_correlation(spikes, 1.0, 5.0)) < 4 / np.sqrt(pairs * bins)
    found = pair_correlations(spikes, 1.0, 5.0, pairs=1000, key=KEY)
    assert abs(found.std() * np.sqrt(bins) - 1) < 4 / np.sqrt(2 * 1000)
    counts = binned_counts(spikes, 1.0, 5.0)
    assert abs(synchrony(counts) * np.sqrt(neurons) - 1) < 4 / np.sqrt(2 * bins)


def test_regular_trains():
    spikes = clock(20, 2000, 7)
    np.testing.assert_array_equal(rates(spikes, 0.1), 500.0)
    np.testing.assert_array_equal(coefficient_of_variation(spikes), 0.0)
    np.testing.assert_array_equal(local_variation(spikes, 0.1), 0.0)
    np.testing.assert_array_equal(fano_factor(spikes, 0.1, 4.0), 0.0)
    np.testing.assert_allclose(intervals(spikes, 0.1).time, 2.0)
    lag, rate = autocorrelogram(spikes, 0.1, 0.1, 4.0)
    ticks = np.rint(lag / 0.1)
    np.testing.assert_allclose(rate, 1e4 * ((ticks % 20 == 0) & (ticks != 0)))


@pytest.mark.parametrize("shape", [1, 2, 4, 9])
def test_gamma_trains(shape):
    """Intervals of a gamma distribution: CV 1 / sqrt(k), LvR 3 / (2 k + 1), Fano factor 1 / k."""
    events = renewal(shape, 200.0, neurons=60, ticks=60_000, seed=1)
    cv = coefficient_of_variation(events)
    assert abs(cv.mean() * np.sqrt(shape) - 1) < 0.03
    assert abs(local_variation(events, 0.1).mean() * (2 * shape + 1) / 3 - 1) < 0.03
    fano = fano_factor(events, 0.1, 300.0)
    low = 1 / shape + (1 - 1 / shape**2) / 6 / (3000 / 200)
    assert abs(fano.mean() / low - 1) < 0.12


def test_a_rate_that_changes_raises_cv_but_not_lvr():
    slow = np.where(np.arange(40_000) // 5000 % 2, 0.04, 0.004)[:, None]
    spikes = np.random.default_rng(2).random((40_000, 20)) < slow
    assert coefficient_of_variation(spikes).mean() > 1.5
    assert abs(local_variation(spikes, 1.0).mean() - 1) < 0.1


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_shared_input_gives_its_correlation(share):
    """Trains that copy a share of their spikes from one source are correlated by that share.

    In a tick each is 1 with chance p: the source's with chance s, else its own.
    """
    rng, chance, ticks, neurons = np.random.default_rng(3), 0.05, 40_000, 20
    source = rng.random((ticks, 1)) < chance
    copied = rng.random((ticks, neurons)) < np.sqrt(share)
    spikes = np.where(copied, source, rng.random((ticks, neurons)) < chance)
    assert abs(mean_correlation(spikes, 1.0, 1.0) - share) < 0.03
    assert abs(mean_correlation(spikes, 1.0, 10.0) - share) < 0.03
    lag, rate = cross_correlogram(spikes[:, ::2], spikes[:, 1::2], 1.0, 1.0, 5.0)
    peak = 1000 * (chance + share * (1 - chance))
    assert abs(rate[lag == 0][0] / peak - 1) < 0.05
    # Of the source's own spikes, and of those of the ten pairs.
    error = np.sqrt(share**2 + 1 / 10) / (chance * np.sqrt(ticks))
    assert np.abs(rate[lag != 0] / (1000 * chance) - 1).max() < 4 * error
    assert abs(synchrony(spikes) ** 2 - (1 + (neurons - 1) * share) / neurons) < 0.03


def all_pairs(spikes, bin):
    counts = binned_counts(spikes, 1.0, bin)
    counts = counts[:, counts.std(axis=0) > 0]
    matrix = np.atleast_2d(np.corrcoef(counts, rowvar=False))
    return matrix[np.tril_indices(len(matrix), -1)]


@pytest.mark.parametrize("block", [1 << 22, 1000])
def test_correlations_are_those_of_the_whole_matrix(block, monkeypatch):
    monkeypatch.setattr(analysis._correlation, "_BLOCK", block)
    spikes = poisson(0.05, 900, 31, seed=4)
    spikes[:, [3, 8]] = False, True
    spikes[:, 9] |= spikes[:, 10]
    expected = all_pairs(spikes, 3.0)
    together = synchrony(binned_counts(spikes, 1.0, 3.0))
    assert synchrony_of_counts(spikes, 1.0, 3.0) == pytest.approx(together, abs=1e-12)
    assert mean_correlation(spikes, 1.0, 3.0) == pytest.approx(expected.mean(), abs=1e-12)
    everything = pair_correlations(spikes, 1.0, 3.0, pairs=10_000, key=KEY)
    np.testing.assert_allclose(np.sort(everything), np.sort(expected), atol=1e-12)
    some = pair_correlations(spikes, 1.0, 3.0, pairs=50, key=KEY)
    assert len(some) == 50
    assert np.abs(some[:, None] - expected).min(axis=1).max() < 1e-12
    again = pair_correlations(spikes, 1.0, 3.0, pairs=50, key=jax.random.PRNGKey(0))
    np.testing.assert_array_equal(some, again)
    other = pair_correlations(spikes, 1.0, 3.0, pairs=50, key=jax.random.key(1))
    assert not np.array_equal(some, other)


def test_pairs_are_counted_without_a_gap():
    from neuropil.analysis._correlation import _draw

    for size in (0, 1, 2, 3, 57):
        high, low = _draw(size, 10_000, KEY)
        assert set(zip(high.tolist(), low.tolist(), strict=True)) == {
            (i, j) for i in range(size) for j in range(i)
        }
    high, low = _draw(1_000_000, 5000, KEY)
    assert (high > low).all()
    assert low.min() >= 0
    assert high.max() < 1_000_000
    assert len({*zip(high.tolist(), low.tolist(), strict=True)}) == 5000
    assert abs(low.mean() / 333_333 - 1) < 0.05


def slow_correlogram(first, second, width, reach, alone=False):
    a, b = (binned_counts(s, 1.0, float(width)) for s in (first, second))
    bins, found = len(a), []
    for lag in range(-reach, reach + 1):
        here = slice(max(0, -lag), bins - max(0, lag))
        there = slice(max(0, lag), bins - max(0, -lag))
        both = (a[here] * b[there]).sum() - (a.sum() if lag == 0 and alone else 0)
        found.append(both / a[here].sum() / (width * 1e-3))
    return np.array(found)


@pytest.mark.parametrize("block", [1 << 22, 7])
def test_correlograms_are_sums_over_ticks(block, monkeypatch):
    monkeypatch.setattr(analysis._correlogram, "_BLOCK", block)
    first, second = poisson(0.1, 203, 5, seed=5), poisson(0.07, 203, 5, seed=6)
    for width, reach in ((1, 9), (4, 11)):
        options = (1.0, float(width), float(width * reach))
        found = cross_correlogram(first, second, *options)
        np.testing.assert_allclose(found.rate, slow_correlogram(first, second, width, reach))
        np.testing.assert_array_equal(found.lag, width * np.arange(-reach, reach + 1.0))
        back = cross_correlogram(second, first, *options).rate
        np.testing.assert_allclose(
            back * binned_counts(second, 1.0, 1.0).sum(), found.rate[::-1] * first.sum(), rtol=0.2
        )
        own = autocorrelogram(first, *options)
        np.testing.assert_allclose(own.rate, slow_correlogram(first, first, width, reach, True))
        events = events_of(first)
        both = cross_correlogram(events, events, *options)
        np.testing.assert_allclose(both.rate - own.rate, 1000 / width * (own.lag == 0), atol=1e-9)


def test_a_peak_at_positive_lags_means_that_the_first_leads():
    first = poisson(0.02, 5000, 4, seed=7)
    lag, rate = cross_correlogram(first, np.roll(first, 3, axis=0), 0.5, 0.5, 5.0)
    assert lag[rate.argmax()] == 1.5


@pytest.mark.parametrize("length", [2, 7, 64, 101, 500])
@pytest.mark.parametrize("signals", [(), (3,)])
def test_power_spectrum_is_that_of_scipy(length, signals):
    rng = np.random.default_rng(8)
    signal = rng.normal(3.0, 1.0, (500, *signals)).cumsum(axis=0)
    found = power_spectrum(signal, 0.5, length * 0.5)
    expected = scipy.signal.welch(signal, fs=2000.0, nperseg=length, axis=0)
    np.testing.assert_allclose(found.frequency, expected[0])
    np.testing.assert_allclose(found.power, expected[1], rtol=1e-9, atol=1e-12)


def test_power_of_poisson_trains_is_their_rate():
    """Of N independent trains at rate r, a population rate has power 2 r / N at every frequency."""
    spikes = poisson(0.02, 50_000, 10, seed=9)
    spectrum = power_spectrum(population_rate(spikes, 1.0, 1.0), 1.0, 200.0)
    assert abs(spectrum.power[2:-1].mean() / (2 * 20 / 10 * 0.98) - 1) < 0.03


def test_synchrony_of_its_closed_forms():
    rng = np.random.default_rng(10)
    common, own = rng.normal(size=(20_000, 1)), rng.normal(size=(20_000, 50))
    assert synchrony(np.repeat(common, 50, axis=1)) == pytest.approx(1.0)
    assert synchrony(own) == pytest.approx(1 / np.sqrt(50), rel=0.03)
    mixed = np.sqrt(0.25 + 0.75 / 50)
    assert synchrony(0.5 * common + np.sqrt(0.75) * own) == pytest.approx(mixed, rel=0.03)
    assert np.isnan(synchrony(np.ones((5, 3))))


def test_distance_is_the_integral():
    first, second = poisson(0.02, 300, 4, seed=11), poisson(0.03, 300, 4, seed=12)
    tau, dt, fine = 12.0, 0.5, 40
    time = np.arange(300 * fine + 400 * fine) * dt / fine
    for neuron, found in enumerate(van_rossum_distance(first, second, dt, tau)):
        apart = np.zeros(len(time))
        for train, sign in ((first, 1), (second, -1)):
            for tick in np.flatnonzero(train[:, neuron]):
                after = time >= tick * dt - 1e-9
                apart[after] += sign * np.exp(-(time[after] - tick * dt) / tau)
        assert found == pytest.approx(np.sqrt((apart**2).sum() * dt / fine / tau), rel=2e-3)


def test_distance_is_a_metric_with_its_limits():
    a, b, c = (poisson(0.05, 200, 6, seed=seed) for seed in (13, 14, 15))
    ab, bc, ac = (van_rossum_distance(x, y, 1.0, 5.0) for x, y in ((a, b), (b, c), (a, c)))
    np.testing.assert_array_equal(van_rossum_distance(a, a, 1.0, 5.0), 0.0)
    np.testing.assert_allclose(van_rossum_distance(b, a, 1.0, 5.0), ab)
    assert (ac <= ab + bc + 1e-12).all()
    apart = (a ^ b).sum(axis=0)
    np.testing.assert_allclose(van_rossum_distance(a, b, 1.0, 1e-3), np.sqrt(apart / 2))
    numbers = np.abs(a.sum(axis=0) - b.sum(axis=0).astype(int))
    slow = van_rossum_distance(a, b, 1.0, 1e9)
    np.testing.assert_allclose(slow, numbers / np.sqrt(2), atol=1e-2)


def test_fano_factor_is_that_of_the_counts():
    spikes = poisson(0.2, 603, 8, seed=16)
    counts = binned_counts(spikes, 1.0, 10.0)
    expected = counts.var(axis=0, ddof=1) / counts.mean(axis=0)
    np.testing.assert_allclose(fano_factor(spikes, 1.0, 10.0), expected)


def test_variation_is_that_of_scipy():
    spikes = poisson(0.03, 2000, 8, seed=16)
    expected = [scipy.stats.variation(np.diff(np.flatnonzero(train))) for train in spikes.T]
    np.testing.assert_allclose(coefficient_of_variation(spikes), expected)


def test_few_intervals_have_no_variation():
    spikes = np.zeros((30, 4), bool)
    for neuron, number in enumerate((0, 2, 3, 6)):
        spikes[: 3 * number : 3, neuron] = True
    for least, known in ((2, [False, False, True, True]), (3, [False, False, False, True])):
        for found in (
            coefficient_of_variation(spikes, least=least),
            local_variation(spikes, 1.0, least=least),
        ):
            np.testing.assert_array_equal(np.isfinite(found), known)
    assert np.isnan(fano_factor(spikes, 1.0, 3.0)).tolist() == [True, False, False, False]
    assert np.isnan(mean_correlation(np.eye(4)[:, :1], 1.0, 1.0))
    assert len(pair_correlations(np.zeros((9, 3)), 1.0, 1.0, pairs=5, key=KEY)) == 0


def test_refractoriness_is_taken_out():
    """A short dead time makes trains more regular; LvR with that dead time sees little of it."""
    by_hand = Events([0, 4, 10], [0, 0, 0], ticks=11, size=1)
    assert local_variation(by_hand, 1.0, refractory=2.0) == pytest.approx(3 * 0.04 * 1.8)
    rng = np.random.default_rng(17)
    times = (rng.exponential(280.0, (80, 800)) + 20.0).cumsum(axis=1).astype(int)
    neuron, spike = np.nonzero(times < 100_000)
    events = Events(times[neuron, spike], neuron, 100_000, 80)
    plain, without = (local_variation(events, 0.1, refractory=r).mean() for r in (0.0, 2.0))
    assert plain < 0.85
    assert 1 - without < 0.4 * (1 - plain)


def pooled(spikes):
    """Every measure that does not tell neurons apart."""
    return (
        population_rate(spikes, 0.5, 2.0),
        np.sort(intervals(spikes, 0.5).time),
        mean_correlation(spikes, 0.5, 1.0),
        autocorrelogram(spikes, 0.5, 1.0, 5.0).rate,
        synchrony(binned_counts(spikes, 0.5, 1.0)),
        *(
            np.sort(found)
            for found in (
                rates(spikes, 0.5),
                coefficient_of_variation(spikes),
                local_variation(spikes, 0.5),
                fano_factor(spikes, 0.5, 2.0),
            )
        ),
    )


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 9), st.integers(0, 999), st.floats(0.0, 0.6))
def test_who_is_who_changes_no_pooled_measure_nor_does_the_form(neurons, seed, chance):
    spikes = poisson(chance, 60, neurons, seed)
    mixed = spikes[:, np.random.default_rng(seed).permutation(neurons)]
    for form in (mixed, events_of(spikes), spikes.astype(np.float32)):
        for one, other in zip(pooled(spikes), pooled(form), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)


def test_a_million_neurons_for_ten_minutes_are_measured_from_their_events():
    rng, neurons, ticks = np.random.default_rng(18), 1_000_000, 6_000_000
    place = np.unique(rng.integers(0, ticks * neurons, 200_000))
    events = Events(*np.divmod(place, neurons), ticks, neurons)
    assert rates(events, 0.1).sum() * 600 == pytest.approx(len(events))
    assert population_rate(events, 0.1, 100.0).sum() * 0.1 * neurons == pytest.approx(len(events))
    assert len(intervals(events, 0.1).time) < len(events)
    assert np.isfinite(autocorrelogram(events, 0.1, 1.0, 50.0).rate).all()
    assert abs(mean_correlation(events, 0.1, 10.0)) < 1e-6
    assert synchrony_of_counts(events, 0.1, 10.0) * 1e3 == pytest.approx(1, rel=0.05)


@pytest.mark.parametrize(
    ("measure", "words"),
    [
        (lambda s: population_rate(s, 1.0, 2.5), "bin: got 2.5 ms; expected a whole number"),
        (lambda s: population_rate(s, 1.0, 1e3), "bin: got 1000 ms for a recording of 50 ms"),
        (lambda s: population_rate(s, 1.0, 0.1), "bin: got 0.1 ms"),
        (lambda s: fano_factor(s, 1.0, 40.0), "at least 2 whole bins.\nFix: pass at most 25"),
        (lambda s: mean_correlation(s, 1.0, 40.0), "at least 2 whole bins"),
        (lambda s: rates(s, 0.0), "dt: got 0.0"),
        (lambda s: autocorrelogram(s, 1.0, 2.0, 60.0), "longest: got 60 ms"),
        (lambda s: autocorrelogram(s, 1.0, 2.0, 5.0), "longest: got 5 ms"),
        (lambda s: cross_correlogram(s, s[1:], 1.0, 1.0, 5.0), "second: got 49 ticks"),
        (lambda s: van_rossum_distance(s, s[:, 1:], 1.0, 1.0), "second: got 50 ticks of 2"),
        (lambda s: power_spectrum(s, 1.0, 51.0), "segment: got 51 samples"),
        (lambda s: power_spectrum(s, 1.0, 1.0), "segment: got 1 samples"),
        (lambda s: synchrony(s[:, 0]), r"traces: got shape \(50,\)"),
        (lambda s: synchrony(np.where(s, np.inf, 0.0)), "not finite"),
    ],
)
def test_nonsense_is_refused_by_name(measure, words):
    with pytest.raises(NeuropilError, match=words):
        measure(clock(7, 50, 3))
