"""Arrays in memory of NumPy: the same numbers, on the same device, nobody else's to change."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuropil.numerics import in_huge_pages

SIZES = [5, 2**21]  # the second is large


@pytest.mark.parametrize("size", SIZES)
def test_what_is_given_may_be_written_to_afterwards(size):
    given = np.arange(size, dtype=np.int32).reshape(-1, 1)
    kept = in_huge_pages(given)
    expected = given.copy()
    given[:] = -1
    assert isinstance(kept, jax.Array) and kept.dtype == jnp.int32
    np.testing.assert_array_equal(kept, expected)


@pytest.mark.parametrize("size", SIZES)
def test_numbers_of_double_precision_become_those_of_jax(size):
    kept = in_huge_pages(np.linspace(0.0, 1.0, size))
    assert kept.dtype == jnp.float32
    np.testing.assert_array_equal(kept, np.linspace(0.0, 1.0, size).astype(np.float32))


def test_arrays_are_copied_to_where_pages_are_huge_or_left_where_they_were_put():
    large = jnp.arange(2**21, dtype=jnp.float32)
    assert in_huge_pages(large).unsafe_buffer_pointer() != large.unsafe_buffer_pointer()
    np.testing.assert_array_equal(in_huge_pages(large), large)
    device = jax.devices()[-1]
    for chosen in (jnp.arange(5.0), jax.device_put(large, device)):
        assert in_huge_pages(chosen) is chosen


def test_within_a_program_known_numbers_stay_known_and_others_are_left():
    known = np.ones(2**21, np.float32)

    def total(x):
        assert not isinstance(in_huge_pages(known), jax.core.Tracer)
        return in_huge_pages(x * known).sum()

    assert float(jax.jit(total)(jnp.full(2**21, 2.0))) == 2.0**22
