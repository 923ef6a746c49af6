"""What a kernel makes of a step: each operation as XLA computes it, each neuron its own."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.numerics import elementwise_scan

T = 40


def reference(step, params, carry, xs):
    return jax.lax.scan(lambda c, x: step(params, c, x), carry, xs)


def drive(shape, seed=0):
    return 0.3 * jax.random.normal(jax.random.key(seed), shape) + 0.1


def assert_close(got, expected, tolerance):
    for a, b in zip(jax.tree.leaves(got), jax.tree.leaves(expected), strict=True):
        assert a.shape == b.shape and a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def calls_kernel(function, *arguments):
    return "neuropil_scan" in jax.jit(function).lower(*arguments).as_text()


U = {
    "abs": jnp.abs, "exp": jnp.exp, "expm1": jnp.expm1, "log": lambda x: jnp.log(x * x + 0.1),
    "log1p": lambda x: jnp.log1p(x * x), "tanh": jnp.tanh, "logistic": jax.nn.sigmoid,
    "sin": jnp.sin, "cos": jnp.cos, "tan": jnp.tan, "atan": jnp.arctan, "sinh": jnp.sinh,
    "cosh": jnp.cosh, "erf": jax.lax.erf, "sqrt": lambda x: jnp.sqrt(x * x + 1.0),
    "rsqrt": lambda x: jax.lax.rsqrt(x * x + 1.0), "pow": lambda x: (x * x + 1.0) ** 1.5,
    "cube": lambda x: x**3, "inverse": lambda x: (x + 9.0) ** -2, "neg": lambda x: -x,
    "floor": lambda x: jnp.floor(4 * x), "ceil": lambda x: jnp.ceil(4 * x), "sign": jnp.sign,
    "round": lambda x: jnp.round(4 * x), "clip": lambda x: jnp.clip(x, -0.1, 0.2),
    "clamp": lambda x: jax.lax.clamp(-0.1, x, 0.2), "max": lambda x: jnp.maximum(x, 0.1),
    "min": lambda x: jnp.minimum(x, 0.1), "finite": lambda x: jnp.where(jnp.isfinite(x), x, 2.0),
    "logic": lambda x: jnp.where((x > 0) & ~(x > 0.2) | (x < -0.1) ^ (x < -0.2), x, -x),
    "compare": lambda x: (x >= 0.1) * 1.0 + (x <= 0) + (x == x) + (x != x) + (x < 1),
    "integers": lambda x: (4 * x).astype(jnp.int32) * 3 - 2,
    "bits": lambda x: ((9 * x).astype(jnp.int32) & 5 | 2) ^ ~(3 * x).astype(jnp.int32),
    "unsigned": lambda x: jnp.abs(9 * x).astype(jnp.uint8) - jnp.uint8(3),
    "narrow": lambda x: (200 * x).astype(jnp.int32).astype(jnp.int8),
}  # fmt: skip


@pytest.mark.slow
def test_every_translated_operation_equals_that_of_xla():
    def step(_, v, x):
        return v, {name: operation(x) for name, operation in U.items()}

    v, x = jnp.zeros(300), drive((T, 300), 1).at[3].set(jnp.nan)
    assert calls_kernel(lambda x: elementwise_scan(step, None, v, x), x)
    got = jax.jit(lambda x: elementwise_scan(step, None, v, x)[1])(x)
    for name, operation in U.items():
        assert_close({name: got[name]}, {name: operation(x)}, 1e-6)


@pytest.mark.parametrize("kind", ["int8", "uint8", "int16", "uint16", "int32", "uint32"])
def test_numbers_that_no_integer_can_hold_become_what_they_are_in_xla(kind):
    limits = jnp.iinfo(kind)
    edges = np.float32([limits.min, limits.max, 0.0])
    edges = np.concatenate([edges - 1.5, edges - 0.5, edges, edges + 0.5, edges + 1.5])
    x = jnp.tile(np.float32([*edges, 1e20, -1e20, np.inf, -np.inf, np.nan]), 15)
    x = jnp.broadcast_to(x, (T, *x.shape))

    def step(_, v, x):
        return v, x.astype(kind)

    v = jnp.zeros(x.shape[1])
    assert calls_kernel(lambda x: elementwise_scan(step, None, v, x), x)
    found = jax.jit(lambda x: elementwise_scan(step, None, v, x)[1])(x)
    np.testing.assert_array_equal(found, x.astype(kind))


@pytest.mark.parametrize(
    "turned",
    [
        lambda p: p.reshape(p.shape[::-1]),
        lambda p: jnp.squeeze(p),
        lambda p: jax.jit(lambda p: p.reshape(p.shape[::-1]))(p),
        lambda p: jax.lax.broadcast_in_dim(p, p.shape[::-1] or (), tuple(range(p.ndim))[::-1]),
    ],
    ids=["reshape", "squeeze", "inside a jit", "broadcast"],
)
def test_parameters_that_are_turned_round_are_not_taken_for_their_own(turned):
    """In a square population, a column of parameters fits as a row too."""

    def step(p, v, x):
        v = 0.5 * v + turned(p) * x
        return v, v

    p, v, x = jnp.arange(1.0, 21.0)[:, None], jnp.zeros((20, 20)), drive((T, 20, 20))
    got = jax.jit(lambda *z: elementwise_scan(step, *z))(p, v, x)
    assert_close(got, reference(step, p, v, x), 1e-6)
    own = reference(lambda p, v, x: (0.5 * v + p * x,) * 2, p, v, x)
    assert not jnp.allclose(got[0], own[0])


@pytest.mark.parametrize("shape", [(1, 20), (20, 20), (1, 1)])
def test_axes_of_one_before_the_others_may_come_and_go(shape):
    def step(p, v, x):
        v = 0.5 * v + p.reshape((1, *p.shape)).reshape(p.shape) * jnp.broadcast_to(x, v.shape)
        return v, v

    p, v, x = drive(shape), jnp.zeros((20, 20)), drive((T, 20, 20))
    run = jax.jit(lambda *z: elementwise_scan(step, *z))
    assert_close(run(p, v, x), reference(step, p, v, x), 1e-6)
    assert calls_kernel(lambda *z: elementwise_scan(step, *z), p, v, x)
