"""Trajectories against SciPy's integrator and their equations; the laser where it is found."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from neuropil.tasks import (
    DataDamaged,
    DataNotFound,
    TaskError,
    lorenz63,
    lorenz96,
    rossler,
    santa_fe_laser,
)


def of_lorenz63(_, s):
    x, y, z = s
    return [10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z]


def of_lorenz96(_, x):
    n = len(x)
    return [(x[(i + 1) % n] - x[i - 2]) * x[i - 1] - x[i] + 8.0 for i in range(n)]


def of_rossler(_, s):
    x, y, z = s
    return [-y - z, x + 0.2 * y, 0.2 + z * (x - 5.7)]


@pytest.mark.parametrize(
    ("make", "field", "dt"),
    [
        (lorenz63, of_lorenz63, 0.05),
        (lambda steps, **o: lorenz96(steps, size=7, **o), of_lorenz96, 0.05),
        (rossler, of_rossler, 0.1),
    ],
    ids=["lorenz63", "lorenz96", "rossler"],
)
def test_points_follow_from_one_another_as_scipy_integrates(make, field, dt):
    points = make(12, substeps=20)
    for before, after in zip(points, points[1:], strict=False):
        found = solve_ivp(field, (0.0, dt), before, rtol=1e-11, atol=1e-11).y[:, -1]
        np.testing.assert_allclose(after, found, atol=2e-6)


def test_seeds_start_elsewhere_on_the_same_attractor():
    first, again, other = lorenz63(500), lorenz63(500), lorenz63(500, seed=1)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1.0
    assert first.dtype == np.float64


@pytest.mark.parametrize("size", [3, 0, 4.0])
def test_a_ring_needs_four(size):
    with pytest.raises(TaskError, match="size: got"):
        lorenz96(10, size=size)


def test_the_laser_is_the_published_one():
    try:
        laser = santa_fe_laser()
    except DataNotFound:
        pytest.skip("no laser on this machine")
    assert laser.shape == (10_093, 1)
    assert laser[:5, 0].tolist() == [86.0, 141.0, 95.0, 41.0, 22.0]


def test_another_laser_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("NEUROPIL_DATA", str(tmp_path))
    folder = tmp_path / "santa-fe"
    folder.mkdir()
    np.save(folder / "santafe_laser.npy", np.zeros((10_093, 1), int))
    with pytest.raises(DataDamaged, match="santa-fe"):
        santa_fe_laser()
    (folder / "santafe_laser.npy").write_bytes(b"\x93NUMPY cut")
    with pytest.raises(DataDamaged, match="cannot be read"):
        santa_fe_laser()


def test_steps_that_are_too_long_for_the_method_are_refused():
    with pytest.raises(TaskError, match="dt: got 0.5 in 1 substeps"):
        lorenz63(10, dt=0.5, substeps=1)
