"""Integrators: order of convergence, exactness where promised, derivatives."""

import decimal

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.numerics import (
    RK4,
    Euler,
    ExponentialEuler,
    Heun,
    ImplicitEuler,
    NeuropilError,
    SequentialEuler,
    elementwise_scan,
    relative_growth,
)


def advanced(integrator, field, y, dt, until):
    steps = round(until / dt)
    return jax.lax.fori_loop(0, steps, lambda _, y: integrator.advance(field, y, dt), y)


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
        (ImplicitEuler(), "logistic", 1),
        (ImplicitEuler(), "rotating", 1),
        (ImplicitEuler(together=("x", "y")), "rotating", 1),
        (SequentialEuler(("y", "x")), "rotating", 1),
        (Heun(), "logistic", 2),
        (Heun(), "rotating", 2),
        (RK4(), "logistic", 4),
        (RK4(), "rotating", 4),
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
            for dt in ((0.02, 0.01, 0.005) if order < 4 else (0.1, 0.05, 0.025))
        ]
    ratios = [np.max(a) / np.max(b) for a, b in zip(errors, errors[1:], strict=False)]
    np.testing.assert_allclose(ratios, 2.0**order, rtol=0.06 if order < 4 else 0.1)


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


COUPLED = np.array([[-41.0, 40.0, 0.0], [30.0, -60.0, 10.0], [0.0, 500.0, -700.0]])


def coupled(y):
    """A stiff chain of three compartments, whose fastest time constant is 1.4 us."""
    variables = [y["a"], y["b"], y["c"]]
    rows = [sum(k * v for k, v in zip(row, variables, strict=True)) for row in COUPLED.tolist()]
    return {"a": rows[0] + 3.0, "b": rows[1], "c": rows[2]}


@pytest.mark.parametrize("dt", [1e-3, 0.1, 30.0])
def test_implicit_euler_solves_a_coupled_linear_system_at_any_step(dt):
    """Backward Euler by a dense solver; each entry of the arrays is a system of its own."""
    start = np.random.default_rng(0).normal(size=(3, 5))
    with jax.enable_x64(True):
        integrator = ImplicitEuler(together=("a", "b", "c"))
        after = integrator.advance(coupled, dict(zip("abc", start, strict=True)), dt)
    right = start + dt * np.array([[3.0], [0.0], [0.0]])
    exact = np.linalg.solve(np.eye(3) - dt * COUPLED, right)
    np.testing.assert_allclose(np.array([after[name] for name in "abc"]), exact, rtol=1e-9)


def test_implicit_euler_is_stable_where_all_others_are_not():
    """100 steps of 20 times the time constant of the coupling: the two become equal."""

    def pair(y):
        return {"a": 200.0 * (y["b"] - y["a"]), "b": 200.0 * (y["a"] - y["b"])}

    start = {"a": jnp.array(1.0), "b": jnp.array(0.0)}
    after = advanced(ImplicitEuler(together=("a", "b")), pair, start, 0.05, 5.0)
    np.testing.assert_allclose([after["a"], after["b"]], 0.5, rtol=1e-4)
    for integrator in (Euler(), ExponentialEuler(), Heun(), RK4()):
        lost = advanced(integrator, pair, start, 0.05, 5.0)
        # exponential Euler, exact for each alone, makes the two change places
        assert not abs(float(lost["a"]) - 0.5) < 0.4, integrator


def test_implicit_euler_takes_growth_explicitly():
    """Backward Euler has a pole at dt = 1/10 and changes the sign beyond."""
    for dt in (0.09, 0.1, 0.5):
        y = ImplicitEuler().advance(lambda y: 10.0 * y, jnp.array(2.0), dt)
        np.testing.assert_allclose(y, 2.0 * (1.0 + 10.0 * dt), rtol=1e-6)


def test_implicit_euler_has_no_pole_and_no_order_of_names():
    """For any Jacobian no step is longer than the explicit one, whatever variables are called."""
    random, names = np.random.default_rng(3), ("a", "b", "c")
    for dt in np.repeat([0.1, 20.0], 20):
        matrix, start = random.normal(size=(3, 3)) * 3.0, random.normal(size=3)

        def after(order, matrix=matrix, start=start, dt=dt):
            def field(y):
                slopes = matrix @ jnp.array([y[order[k]] for k in range(3)])
                return {order[k]: slopes[k] for k in range(3)}

            y = {order[k]: jnp.array(start[k]) for k in range(3)}
            y = ImplicitEuler(together=names).advance(field, y, dt)
            return np.array([y[order[k]] for k in range(3)])

        with jax.enable_x64(True):
            found, other = after("abc"), after("cab")
        np.testing.assert_allclose(found, other, rtol=1e-9)
        assert np.abs(found - start).max() <= 1.000001 * dt * np.abs(matrix @ start).max()


def test_implicit_euler_solves_only_for_what_is_named():
    """Twelve variables that do not see each other cost twelve divisions, no elimination."""

    def field(y):
        return {name: -(1.0 + i) * value for i, (name, value) in enumerate(y.items())}

    y = {f"y{i}": jnp.ones(3) for i in range(12)}
    jaxpr = jax.make_jaxpr(lambda y: ImplicitEuler().advance(field, y, 0.1))(y)
    assert sum(equation.primitive.name == "div" for equation in jaxpr.eqns) == 12
    with pytest.raises(NeuropilError, match="together"):
        ImplicitEuler(together=("y1", "z")).advance(field, y, 0.1)


def test_the_same_is_computed_once():
    """The derivative along each of three variables needs the exponential of their sum."""

    def field(y):
        shared = jnp.exp(y["a"] + y["b"] + y["c"])
        return {name: shared * value for name, value in y.items()}

    y = {name: jnp.ones(3) for name in "abc"}
    for integrator in (ExponentialEuler(), ImplicitEuler(together=("a", "b"))):
        jaxpr = jax.make_jaxpr(lambda y, i=integrator: i.advance(field, y, 0.1))(y)
        assert sum(equation.primitive.name == "exp" for equation in jaxpr.eqns) == 1


def test_the_order_of_sequential_euler_is_that_of_its_names():
    y = {"v": jnp.array(1.0), "u": jnp.array(1.0)}
    first = SequentialEuler(("v", "u")).advance(rotating_names, y, 0.5)
    other = SequentialEuler(("u", "v")).advance(rotating_names, y, 0.5)
    assert (float(first["v"]), float(first["u"])) == (0.5, 1.25)
    assert (float(other["v"]), float(other["u"])) == (0.25, 1.5)
    with pytest.raises(NeuropilError, match="order"):
        SequentialEuler(("v",)).advance(rotating_names, y, 0.5)


def rotating_names(y):
    return {"v": -y["u"], "u": y["v"]}


@pytest.mark.parametrize(
    "integrator",
    [
        Euler(),
        ExponentialEuler(),
        ImplicitEuler(together=("x", "y")),
        SequentialEuler(("y", "x")),
        Heun(),
        RK4(),
    ],
    ids=lambda i: type(i).__name__,
)
def test_every_integrator_runs_in_a_kernel(integrator):
    """Its step is elementwise, and what it is made of can be translated."""

    def step(rate, y, x):
        def field(y):
            pull = jnp.exp(-jnp.square(y["x"])) * rate
            return {"x": -y["x"] + y["y"] + x, "y": -pull * y["x"] - y["y"]}

        y = integrator.advance(field, y, 0.1)
        return y, y["x"]

    def reference(rate, y, x):
        return jax.lax.scan(lambda y, x: step(rate, y, x), y, x)

    n, ticks = 300, 50
    y = {"x": jnp.linspace(-1.0, 1.0, n), "y": jnp.zeros(n)}
    x = jax.random.normal(jax.random.key(0), (ticks, n))

    def run(*z):
        return elementwise_scan(step, *z)

    assert "neuropil_scan" in jax.jit(run).lower(2.0, y, x).as_text()
    for got, expected in zip(
        jax.tree.leaves(jax.jit(run)(2.0, y, x)),
        jax.tree.leaves(reference(2.0, y, x)),
        strict=True,
    ):
        np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5)

    def loss(scan):
        return jax.jit(jax.grad(lambda rate, y: jnp.sum(scan(rate, y, x)[1] ** 2), (0, 1)))(2.0, y)

    for got, expected in zip(
        jax.tree.leaves(loss(run)), jax.tree.leaves(loss(reference)), strict=True
    ):
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


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


@pytest.mark.parametrize("z", [40.0, 1e3, 1e30, np.inf])
def test_relative_growth_does_not_overflow(z):
    value, slope = jax.value_and_grad(relative_growth)(jnp.float32(z))
    assert np.isfinite(value) and np.isfinite(slope)
    np.testing.assert_allclose(value, np.expm1(40.0) / 40.0, rtol=1e-5)
