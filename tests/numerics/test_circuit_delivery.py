"""Each part of a circuit is delivered what the whole is, whoever walks which synapses."""

import numba
import numpy as np
import pytest

from neuropil.numerics import _circuit_delivery as delivery

SOURCES, TARGETS, ROWS = 40, 100, 5
BOUNDS = [(0, 100), (0, 64), (64, 100), (7, 8), (8, 8), (30, 31), (0, 1), (99, 100)]


@numba.njit
def deliver(found, published, signs, lists, weight, is_sorted, out, low, high):
    delivery.deliver(
        found, published, signs, lists[0], lists[1], weight, is_sorted, out[0], low, high
    )


@numba.njit
def deliver_late(found, published, signs, lists, weight, is_sorted, out, low, high):
    delivery.deliver_late(
        found, published, signs, lists[0], lists[1], weight, is_sorted, lists[2],
        out, 3, 1, low, high,
    )  # fmt: skip


def listed(is_sorted):
    """Rows of 0 to 30 synapses, some onto the same target."""
    rng = np.random.default_rng(3)
    counts = rng.integers(0, 31, SOURCES)
    rows = [rng.integers(0, TARGETS, count) for count in counts]
    targets = np.concatenate([np.sort(row) if is_sorted else row for row in rows])
    starts = np.concatenate([[0], np.cumsum(counts)])
    late = rng.integers(0, 5, targets.size)
    return tuple(v.astype(np.int32) for v in (starts, targets, late))


@pytest.mark.parametrize("is_sorted", [True, False], ids=["sorted", "unsorted"])
@pytest.mark.parametrize("form", [deliver, deliver_late])
def test_a_part_receives_what_it_receives_of_the_whole_to_the_last_bit(form, is_sorted):
    rng = np.random.default_rng(4)
    lists = listed(is_sorted)
    found = np.flatnonzero(rng.random(SOURCES) < 0.7).astype(np.int32)
    published, signs = rng.random((2, found.size)).astype(np.float32)
    weight = rng.random(lists[1].size).astype(np.float32)
    given = found, published, signs[:1], lists, weight, is_sorted

    whole = np.zeros((ROWS, TARGETS), np.float32)
    form(*given, whole, 0, TARGETS)
    expected = np.zeros((ROWS, TARGETS))
    for i, value in zip(found, published, strict=True):
        for s in range(lists[0][i], lists[0][i + 1]):
            late = int(lists[2][s]) if form is deliver_late else 1  # one tick has passed already
            row = (3 + late - 1) % ROWS if form is deliver_late else 0
            expected[row, lists[1][s]] += (late >= 1) * value * signs[0] * weight[s]
    np.testing.assert_allclose(whole, expected, rtol=1e-5)
    for low, high in BOUNDS:
        part = np.zeros((ROWS, TARGETS), np.float32)
        form(*given, part, low, high)
        np.testing.assert_array_equal(part[:, low:high], whole[:, low:high])
        assert not part[:, :low].any() and not part[:, high:].any()


def test_of_sorted_targets_only_those_of_the_part_are_walked():
    """Targets that are out of range would be written to, were they walked."""
    starts, targets = np.array([0, 6], np.int32), np.array([2, 2, 50, 50, 99, 99], np.int32)
    lists = starts, targets, np.zeros(6, np.int32)
    weight = np.array([1, 2, 4, 8, 16, 32], np.float32)
    one = np.ones(1, np.float32)
    out = np.zeros((1, TARGETS), np.float32)
    deliver(np.zeros(1, np.int32), one, one, lists, weight, True, out, 50, 99)
    assert out[0, 50] == 12 and out.sum() == 12
