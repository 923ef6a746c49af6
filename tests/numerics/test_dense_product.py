import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.numerics import _dense_primitive
from neuropil.numerics._dense_primitive import short_matmul

ROWS = 2 * 305


@pytest.fixture(autouse=True)
def _kernels_for_little_work(monkeypatch):
    monkeypatch.setattr(_dense_primitive, "LEAST_RESULT", 1)


def operands(depth, columns):
    keys = jax.random.split(jax.random.key(depth), 2)
    rows = jax.random.normal(keys[0], (2, ROWS // 2, depth))
    return rows, jax.random.normal(keys[1], (depth, columns))


@pytest.mark.parametrize("depth", [1, 20, 64])
@pytest.mark.parametrize("columns", [32, 96, 33])
def test_equals_the_product(depth, columns):
    rows, weight = operands(depth, columns)
    run = jax.jit(short_matmul)
    np.testing.assert_allclose(run(rows, weight), rows @ weight, rtol=1e-5, atol=1e-5)
    by_kernel = "neuropil_dense_matmul" in run.lower(rows, weight).as_text()
    assert by_kernel == (columns != 33)  # whole panels only


def test_derivatives_and_batches_equal_those_of_the_product():
    rows, weight = operands(20, 64)
    probe = jnp.cos(jnp.arange(ROWS * 64.0)).reshape(2, -1, 64)

    def loss(product, rows, weight):
        return jnp.sum(probe * product(rows, weight) ** 2)

    for product in (short_matmul, jax.vmap(short_matmul, (0, None))):
        got = jax.jit(jax.grad(loss, (1, 2)), static_argnums=0)(product, rows, weight)
        expected = jax.grad(loss, (1, 2))(jnp.matmul, rows, weight)
        for a, b in zip(got, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-3)
    weights = jnp.stack([weight, -weight])
    got = jax.vmap(short_matmul)(rows, weights)
    np.testing.assert_allclose(got, rows @ weights, rtol=1e-5, atol=1e-5)
