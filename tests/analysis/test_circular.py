"""Statistics of angles: where they are known, and against SciPy."""

import numpy as np
import pytest
from scipy import stats

from neuropil.analysis import (
    circular_difference,
    circular_mean,
    circular_spread,
    population_vector,
)


def test_the_way_from_one_angle_to_another_is_the_shorter_one():
    assert circular_difference(350.0, 10.0) == 20.0
    assert circular_difference(10.0, 350.0) == -20.0
    assert circular_difference(0.0, 180.0) == -180.0
    assert circular_difference(-170.0, 530.0) == pytest.approx(-20.0)


def test_mean_and_spread_are_those_of_scipy():
    angles = np.random.default_rng(0).normal(175.0, 40.0, (3, 200))
    degrees = {"high": 360.0, "low": 0.0, "axis": 1}
    ours, theirs = circular_mean(angles), stats.circmean(angles, **degrees)
    np.testing.assert_allclose(circular_difference(ours, theirs), 0.0, atol=1e-9)
    np.testing.assert_allclose(circular_spread(angles), stats.circstd(angles, **degrees))


def test_activity_on_a_ring_points_to_its_middle():
    angles = np.arange(0.0, 360.0, 5.0)
    for middle in (0.0, 90.0, 215.0):
        bump = np.exp(np.cos(np.radians(angles - middle)))
        place, length = population_vector(bump, angles)
        assert abs(circular_difference(place, middle)) < 1e-9
        assert length == pytest.approx(0.44639, abs=1e-4)  # I1(1) / I0(1)
    assert population_vector(np.ones(72), angles)[1] < 1e-9
    assert np.isnan(population_vector(np.zeros(72), angles)[0])
