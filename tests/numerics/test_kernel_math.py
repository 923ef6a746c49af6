import functools

import numba
import numpy as np
import pytest

from neuropil.numerics import _kernel_math


@functools.cache
def called(name):
    """The function, callable from Python."""
    function = getattr(_kernel_math, name)
    return numba.njit(lambda x: function(x))


EDGES = [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 1e-30, -1e-30, 1e30, -1e30, 1e-42]


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("exp", np.linspace(-87, 88.7, 20001)),
        ("expm1", np.linspace(-20, 20, 20001)),
        ("expm1", np.geomspace(1e-10, 1, 20001)),
        ("tanh", np.linspace(-10, 10, 20001)),
        ("tanh", np.geomspace(1e-10, 1, 20001)),
        ("log", np.geomspace(1e-37, 1e38, 20001)),
        ("log", np.linspace(0.5, 2.0, 20001)),
        ("log1p", np.geomspace(1e-10, 1e30, 20001)),
        ("log1p", np.linspace(-0.999, 1.0, 20001)),
    ],
)
def test_within_a_few_units_in_the_last_place(name, numbers):
    numbers = numbers.astype(np.float32)
    with np.errstate(all="ignore"):
        exact = getattr(np, name)(numbers.astype(np.float64))
    function = called(name)
    got = np.array([function(x) for x in numbers])
    assert np.all(np.abs(got - exact) <= 4 * np.spacing(np.abs(exact).astype(np.float32)))


@pytest.mark.parametrize("name", ["exp", "expm1", "tanh", "log", "log1p"])
@pytest.mark.parametrize("edge", EDGES)
def test_edges_are_those_of_numpy(name, edge):
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(np.float64(np.float32(edge)))
    got = float(called(name)(np.float32(edge)))
    expected_in_single = float(np.float32(expected)) if abs(expected) < 1e38 else expected
    if abs(expected) > 4e38:
        expected_in_single = np.copysign(np.inf, expected)
    np.testing.assert_allclose(got, expected_in_single, rtol=1e-6, atol=1e-44)


def test_exp_overflows_and_underflows():
    exp = called("exp")
    assert exp(np.float32(89)) == np.inf
    assert exp(np.float32(-110)) == 0.0
