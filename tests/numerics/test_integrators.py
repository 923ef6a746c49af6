"""Integrators: order of convergence, exactness where promised, derivatives."""

import decimal

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.numerics import Euler, ExponentialEuler
from neuropil.numerics._integrators import relative_growth


def advanced(integrator, field, y, dt, until):
    for _ in range(round(until / dt)):
        y = integrator.advance(field, y, dt)
    return y


def logistic(y):
    return y * (1.0 - y)


def rotating(y):
    """Two coupled variables, a tree: a damped oscillation."""
    return {"x": -0.3 * y["x"] + y["y"], "y": -y["x"] - 0.3 * y["y"]}


@pytest.mark.parametrize(
    ("integrator", "problem", "order"),
    [
        (Euler(), "logistic", 1),
        (Euler(), "rotating", 1),
        (ExponentialEuler(), "logistic", 2),
        (ExponentialEuler(), "rotating", 1),
    ],
)
def test_errors_shrink_with_the_order_of_the_method(integrator, problem, order):
    with jax.enable_x64(True):
        if problem == "logistic":
            start, field = jnp.array(0.2), logistic
            exact = [1.0 / (1.0 + 4.0 * np.exp(-2.0))]
        else:
            start, field = {"x": jnp.array(1.0), "y": jnp.array(0.0)}, rotating
            exact = np.exp(-0.6) * np.array([np.cos(2.0), -np.sin(2.0)])
        errors = [
            np.abs(np.array(jax.tree.leaves(advanced(integrator, field, start, dt, 2.0))) - exact)
            for dt in (0.02, 0.01, 0.005)
        ]
    ratios = [np.max(a) / np.max(b) for a, b in zip(errors, errors[1:], strict=False)]
    np.testing.assert_allclose(ratios, 2.0**order, rtol=0.06)


@pytest.mark.parametrize("dt", [1e-6, 0.1, 3.0, 50.0])
def test_exponential_euler_is_exact_for_a_linear_variable_at_any_step(dt):
    rate, drive = np.array([0.1, 0.5, 4.0]), 2.0
    with jax.enable_x64(True):
        y = ExponentialEuler().advance(lambda y: drive - rate * y, jnp.full(3, -1.0), dt)
    exact = drive / rate + (-1.0 - drive / rate) * np.exp(-rate * dt)
    np.testing.assert_allclose(y, exact, rtol=1e-9)


def test_exponential_euler_stays_stable_where_euler_does_not():
    def stiff(y):
        return -10.0 * y

    assert abs(float(advanced(Euler(), stiff, jnp.array(1.0), 1.0, 10.0))) > 1e3
    assert abs(float(advanced(ExponentialEuler(), stiff, jnp.array(1.0), 1.0, 10.0))) < 1e-6


def test_a_variable_without_a_derivative_of_its_own_is_integrated_plainly():
    """Growth at constant speed: lambda is 0, where phi has its limit 1."""
    y = ExponentialEuler().advance(lambda y: jnp.full_like(y, 3.0), jnp.zeros(2), 0.5)
    np.testing.assert_array_equal(y, 1.5)


def with_derivative(z):
    """The closed form in 50 digits: at 0, the limit."""
    if z == 0:
        return 1.0, 0.5
    with decimal.localcontext(prec=50):
        z = decimal.Decimal(float(z))
        value = (z.exp() - 1) / z
        return float(value), float((z.exp() - value) / z)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_relative_growth_and_its_derivative_against_the_closed_form(kind):
    away = np.concatenate([np.logspace(-12, 1, 300), [1.01e-4, 0.01, 0.0999999, 0.1, 0.1000001]])
    z = np.concatenate([-away, [0.0], away]).astype(kind)
    value, slope = np.array([with_derivative(x) for x in z]).T
    with jax.enable_x64(kind == np.float64):
        found = jax.vmap(jax.value_and_grad(relative_growth))(jnp.asarray(z))
    assert found[0].dtype == found[1].dtype == kind
    eps = np.finfo(kind).eps
    np.testing.assert_allclose(found[0], value, rtol=8 * eps)
    np.testing.assert_allclose(found[1], slope, rtol=100 * eps)


def test_gradients_pass_through_a_step():
    def after(tau):
        return ExponentialEuler().advance(lambda y: -y / tau, jnp.array(1.0), 2.0)

    tau = 5.0
    assert float(jax.grad(after)(tau)) == pytest.approx(np.exp(-2 / tau) * 2 / tau**2, rel=1e-5)
