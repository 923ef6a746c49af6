"""Measures of chaos against known values, closed forms, SciPy and plain loops."""

import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.linalg import expm
from scipy.ndimage import gaussian_filter1d
from scipy.stats import entropy

from neuropil.analysis import (
    LyapunovSpectrum,
    attractor_distance,
    delay_embedding,
    kaplan_yorke_dimension,
    lyapunov_spectrum,
    mixture_distance,
    prediction_error,
    product_norms,
    spectral_distance,
)
from neuropil.cells import ShallowPLRNN
from neuropil.core import Tick
from neuropil.tasks import lorenz63

KEY = jax.random.key(0)
RNG = np.random.default_rng(0)


def runge_kutta(field, h, parts):
    def part(state, _):
        k1 = field(state)
        k2 = field(state + h / 2 * k1)
        k3 = field(state + h / 2 * k2)
        k4 = field(state + h * k3)
        return state + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4), None

    return lambda state: jax.lax.scan(part, state, None, parts)[0]


def lorenz(s):
    x, y, z = s
    return jnp.stack([10.0 * (y - x), x * (28.0 - z) - y, x * y - 8.0 / 3.0 * z])


def test_the_spectrum_of_lorenz_is_the_known_one_and_its_band_holds_it():
    step = runge_kutta(lorenz, 0.01, 5)
    found = lyapunov_spectrum(step, lorenz63(1)[0], steps=20_000, dt=0.05, transient=100)
    np.testing.assert_allclose(found.exponents, [0.906, 0.0, -14.57], atol=0.02)
    assert np.all(found.standard_error < 0.01)
    np.testing.assert_allclose(found.exponents.sum(), -(10 + 1 + 8 / 3), atol=5e-3)  # divergence
    assert kaplan_yorke_dimension(found.exponents) == pytest.approx(2.062, abs=2e-3)


def test_the_spectra_of_henon_and_of_the_logistic_map_are_the_known_ones():
    def henon(z):
        return {"x": 1.0 - 1.4 * z["x"] ** 2 + z["y"], "y": 0.3 * z["x"]}

    start = {"x": jnp.zeros(()), "y": jnp.zeros(1)[0]}
    found = lyapunov_spectrum(henon, start, steps=100_000, transient=100)
    np.testing.assert_allclose(found.exponents, [0.419, -1.623], atol=3e-3)
    assert found.exponents.sum() == pytest.approx(math.log(0.3), abs=1e-9)
    found = lyapunov_spectrum(lambda x: 4.0 * x * (1.0 - x), np.array([0.3]), steps=100_000)
    assert found.exponents[0] == pytest.approx(math.log(2), abs=3e-3)
    assert found.segments.shape == (10, 1)


def test_the_spectrum_of_a_linear_node_is_that_of_its_factors():
    node, factors = ShallowPLRNN(3, 1, key=KEY), jnp.array([0.2, 1.1, 0.9])
    node = eqx.tree_at(lambda n: (n.a, n.w1), node, (factors, jnp.zeros((3, 1))))
    tick = Tick(jnp.zeros((), jnp.int32), 1.0, KEY)
    found = lyapunov_spectrum(
        lambda state: node.step(state, {}, tick)[0],
        node.init(key=KEY),
        steps=50,
        segments=2,
        transient=50,
        exponents=2,
    )
    np.testing.assert_allclose(found.exponents, np.log([1.1, 0.9]), atol=1e-5)
    np.testing.assert_allclose(found.standard_error, 0.0, atol=1e-6)


def test_a_run_that_diverges_has_infinite_exponents():
    found = lyapunov_spectrum(lambda x: x**2, np.array([2.0]), steps=100)
    assert np.isinf(found.exponents).all() and np.isinf(found.standard_error).all()


def test_the_error_of_the_mean_is_that_of_segments():
    segments = RNG.normal(size=(7, 2))
    found = LyapunovSpectrum(segments).standard_error
    np.testing.assert_allclose(found, np.std(segments, axis=0, ddof=1) / np.sqrt(7))


@pytest.mark.parametrize(
    ("exponents", "dimension"),
    [([-1.0, -2.0], 0.0), ([0.5, -1.0], 1.5), ([0.1, 0.2], 2.0), ([-1.0, 0.0], 1.0)],
)
def test_the_dimension_that_exponents_suggest(exponents, dimension):
    assert kaplan_yorke_dimension(exponents) == pytest.approx(dimension)


def test_norms_of_products_are_those_of_products():
    jacobians = RNG.normal(size=(40, 3, 3))
    product, expected = np.eye(3), []
    for matrix in jacobians:
        product = matrix @ product
        expected.append(np.log10(np.linalg.svd(product)[1][0]))
    np.testing.assert_allclose(product_norms(jacobians), expected, atol=1e-10)
    rotation = expm(np.array([[0.0, 0.3], [-0.3, 0.0]]))
    far = product_norms(np.tile(1e-5 * rotation, (1000, 1, 1)))
    assert far[-1] == pytest.approx(-5000)
    assert product_norms(np.zeros((3, 2, 2))).tolist() == [-np.inf] * 3


def test_the_attractor_distance_is_the_divergence_of_smoothed_histograms():
    true, generated = RNG.normal(size=(400, 2)), RNG.normal(0.3, 1.2, size=(500, 2))
    low, high = true.min(0) - 0.1 * true.std(0), true.max(0) + 0.1 * true.std(0)
    counts = np.zeros((2, 8, 8))
    for which, points in enumerate((true, generated)):
        for point in points:
            box = np.floor((point - low) / (high - low) * 8).astype(int)
            if np.all((box >= 0) & (box < 8)):
                counts[which][tuple(box)] += 1
    p, q = (counts + 1e-5).reshape(2, -1)
    found = attractor_distance(true, generated, bins=8)
    assert found == pytest.approx(entropy(p, q), rel=1e-9)
    assert attractor_distance(true, true) == 0.0
    assert attractor_distance(true, generated + 100.0) == np.inf


def test_the_mixture_distance_is_the_divergence_of_two_gaussians():
    """Of one point each, the mixtures are Gaussians, whose divergence is |a - b|^2 / (2 var)."""
    first, second = np.zeros((1, 6)), np.full((1, 6), 0.7)
    found = mixture_distance(first, second, key=KEY, variance=0.5, samples=200_000)
    assert found == pytest.approx(6 * 0.49 / (2 * 0.5), rel=0.02)
    many = RNG.normal(size=(300, 6))
    assert mixture_distance(many, many, key=KEY) == 0.0
    assert 0.0 < mixture_distance(many, many, key=KEY, most=50) + 1 < 1.1


def test_the_spectral_distance_is_hellingers_of_spectra_smoothed_as_scipy_does():
    true, generated = RNG.normal(size=(2, 500, 2)).cumsum(axis=1)
    parts = []
    for points in (true, generated):
        standard = (points - points.mean(0)) / points.std(0)
        power = gaussian_filter1d(np.abs(np.fft.rfft(standard, axis=0)) ** 2, 3.0, axis=0)
        parts.append(power / power.sum(0))
    p, q = parts
    expected = np.sqrt(0.5 * ((np.sqrt(p) - np.sqrt(q)) ** 2).sum(0)).mean()
    assert spectral_distance(true, generated, 3.0) == pytest.approx(expected, rel=1e-6)
    assert spectral_distance(true, 5.0 + 3.0 * true) == pytest.approx(0.0, abs=1e-6)


def test_what_stands_still_shares_no_rhythm():
    moving = np.stack([np.sin(np.arange(300.0)), np.cos(0.2 * np.arange(300.0))], axis=1)
    assert spectral_distance(moving, np.full_like(moving, 0.3)) == 1.0


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_runs_that_diverge_are_infinitely_far(bad):
    true = RNG.normal(size=(200, 2))
    spoilt = true.copy()
    spoilt[150:] = bad
    assert attractor_distance(true, spoilt) == np.inf
    assert mixture_distance(true, spoilt, key=KEY) == np.inf
    assert spectral_distance(true, spoilt) == np.inf
    assert prediction_error(lambda x, n: spoilt[n:], true) == np.inf


def test_errors_of_forecasts_are_means_of_squares():
    series = RNG.normal(size=(50, 3))
    found = prediction_error(lambda points, steps: points, series, steps=7)
    assert found == pytest.approx(np.mean([(series[t] - series[t + 7]) ** 2 for t in range(43)]))


def test_an_embedding_holds_every_variable_at_every_lag():
    series = RNG.normal(size=(20, 2))
    found = delay_embedding(series, dimensions=3, lag=4)
    assert found.shape == (12, 6)
    for row, t in zip(found, range(8, 20), strict=True):
        np.testing.assert_array_equal(row, [*series[t], *series[t - 4], *series[t - 8]])
