from concurrent.futures import ThreadPoolExecutor

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.numerics import _ffi

PIECES = 8


SQUARE = f"""
def kernel(frame, piece):
    if piece == {_ffi.COUNT}:
        return {PIECES}
    address, shape = operand(frame, 0)
    size = shape[0]
    given = vector(address, size, float32)
    out = vector(result(frame, 0)[0], size, float32)
    for i in range(size * piece // {PIECES}, size * (piece + 1) // {PIECES}):
        out[i] = given[i] * given[i]
    return 0
"""


@pytest.fixture(scope="module")
def call():
    vector = [(np.dtype("float32"), 1)]
    kept = _ffi.register("neuropil_test_square", SQUARE, {}, vector, vector)
    yield jax.jit(lambda x: jax.ffi.ffi_call("neuropil_test_square", like(x))(x))
    del kept


def like(x):
    return jax.ShapeDtypeStruct(x.shape, x.dtype)


@pytest.mark.parametrize("size", [0, 1, 7, 1_000_003])
def test_all_pieces_are_done(call, size):
    x = jnp.arange(size, dtype=jnp.float32)
    assert jnp.array_equal(call(x), x * x)


@pytest.mark.parametrize("x", [jnp.zeros(4, jnp.int32), jnp.zeros((2, 2)), jnp.zeros(())])
def test_refuses_other_types_and_ranks(call, x):
    with pytest.raises(jax.errors.JaxRuntimeError, match="neuropil_test_square: buffers of"):
        jax.block_until_ready(call(x))


def test_refuses_another_number_of_buffers(call):
    both = jax.jit(lambda x: jax.ffi.ffi_call("neuropil_test_square", like(x))(x, x))
    with pytest.raises(jax.errors.JaxRuntimeError, match="INVALID_ARGUMENT"):
        jax.block_until_ready(both(jnp.zeros(3)))


def test_many_threads_call_at_once(call):
    xs = [jnp.arange(50_000, dtype=jnp.float32) + i for i in range(8)]
    expected = [x * x for x in xs]
    call(xs[0])

    def check(i):
        return all(jnp.array_equal(call(xs[i % 8]), expected[i % 8]) for _ in range(20))

    with ThreadPoolExecutor(16) as threads:
        assert all(threads.map(check, range(32)))


def test_calls_inside_one_program_run_at_once(call):
    xs = jnp.arange(12 * 20_000, dtype=jnp.float32).reshape(12, -1)
    several = jax.jit(lambda xs: jnp.stack([call(x) for x in xs]))
    for _ in range(5):
        assert jnp.array_equal(several(xs), xs * xs)
