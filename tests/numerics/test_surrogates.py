"""Surrogate derivatives against their formulas, in both modes of differentiation."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil import numerics
from neuropil.numerics import (
    ArcTan,
    FastSigmoid,
    Gaussian,
    MultiGaussian,
    Sigmoid,
    Surrogate,
    Triangle,
)

U = np.linspace(-3.0, 3.0, 601)


def density(u, sigma):
    return np.exp(-(u**2) / (2 * sigma**2)) / np.sqrt(2 * np.pi * sigma**2)


def multi_gaussian(u, s=0.4, h=0.2, k=5.0, gamma=0.8):
    flanks = density(u - s, k * s) + density(u + s, k * s)
    return gamma * ((1 + h) * density(u, s) - h * flanks)


CASES = {
    "fast sigmoid": (FastSigmoid(3.0), lambda u: (1 + 3 * np.abs(u)) ** -2.0),
    "arctangent": (ArcTan(5.0), lambda u: 2.5 / (1 + (np.pi * 5.0 * u / 2) ** 2)),
    "triangle": (Triangle(0.7, 0.3), lambda u: 0.3 * np.clip(1 - np.abs(u) / 0.7, 0, None)),
    "sigmoid": (Sigmoid(4.0), lambda u: 4 * np.exp(-4 * u) / (1 + np.exp(-4 * u)) ** 2),
    "gaussian": (Gaussian(0.6), lambda u: density(u, 0.6)),
    "multi-gaussian": (MultiGaussian(0.4, 0.2, 5.0, 0.8), multi_gaussian),
}
EVERY = pytest.mark.parametrize(("surrogate", "formula"), CASES.values(), ids=CASES)


def test_every_public_surrogate_is_here():
    public = {kind for kind in vars(numerics).values() if inspect.isclass(kind)}
    surrogates = {k for k in public if issubclass(k, Surrogate) and k is not Surrogate}
    assert surrogates == {type(surrogate) for surrogate, _ in CASES.values()}


@EVERY
def test_forward_is_the_step_that_is_one_at_zero(surrogate, formula):
    np.testing.assert_array_equal(surrogate(jnp.asarray(U)), (U >= 0).astype(np.float32))


@EVERY
def test_the_derivative_is_the_formula_in_both_modes(surrogate, formula):
    u, direction = jnp.asarray(U), jnp.asarray(np.cos(U))
    expected = formula(U)
    np.testing.assert_allclose(surrogate.derivative(u), expected, rtol=1e-4, atol=1e-6)
    forward = jax.jvp(surrogate, (u,), (direction,))[1]
    np.testing.assert_allclose(forward, expected * np.cos(U), rtol=1e-4, atol=1e-6)
    reverse = jax.vjp(surrogate, u)[1](direction)[0]
    np.testing.assert_array_equal(np.asarray(reverse), np.asarray(forward))


@EVERY
def test_it_is_the_same_batched_and_compiled(surrogate, formula):
    u = jnp.asarray(U[::20])
    slope = jax.jit(jax.vmap(jax.grad(surrogate)))(u)
    np.testing.assert_allclose(slope, formula(U[::20]), rtol=1e-4, atol=1e-6)


@EVERY
def test_the_derivative_of_the_surrogate_in_its_own_shape_is_cut(surrogate, formula):
    """The spike does not depend on the width of the surrogate, and no gradient pretends it does."""
    gradient = jax.grad(lambda s: jnp.sum(s(jnp.asarray(U))))(surrogate)
    assert all(float(jnp.abs(leaf).max()) == 0.0 for leaf in jax.tree.leaves(gradient))


@pytest.mark.parametrize(
    "surrogate", [ArcTan(3.0), Sigmoid(2.0), Gaussian(0.4), MultiGaussian(gamma=1.0)]
)
def test_those_that_say_so_integrate_to_one(surrogate):
    wide = np.linspace(-2000.0, 2000.0, 4_000_001)
    with jax.enable_x64(True):
        area = np.trapezoid(np.asarray(surrogate.derivative(jnp.asarray(wide))), wide)
    expected = 1.0 - surrogate.flank if isinstance(surrogate, MultiGaussian) else 1.0
    assert area == pytest.approx(float(expected), abs=1e-3)
