"""Teams: every part of every epoch once, in order, whoever comes, whoever comes late."""

import ctypes
import time
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
import pytest

from neuropil.numerics import _team

EPOCHS = 2000


@numba.njit(nogil=True, error_model="numpy")
def work(shared, seat, seats, times, mixed):
    """Count how often each part is done; let each number depend on all of the epoch before."""
    for epoch in range(1, mixed.shape[0]):
        part = _team.take(shared, epoch - 1, seat, seats)
        while part >= 0:
            total = np.uint64(0)
            for other in range(seats):
                total += mixed[epoch - 1, other] * np.uint64(2 * other + 3)
            mixed[epoch, part] = total + np.uint64(part)
            times[epoch, part] += 1
            part = _team.another(shared, epoch - 1, seat, seats)


def expected(seats):
    """The numbers that one thread finds."""
    mixed = np.ones((EPOCHS, seats), np.uint64)
    factors = 2 * np.arange(seats, dtype=np.uint64) + np.uint64(3)
    for epoch in range(1, EPOCHS):
        mixed[epoch] = np.sum(mixed[epoch - 1] * factors) + np.arange(seats, dtype=np.uint64)
    return mixed


@pytest.mark.parametrize(
    "seats, late", [(2, [0, 0]), (4, [0, 0, 0, 0]), (4, [0]), (3, [0, 0.005]), (8, [0, 0, 0.001])]
)
def test_all_parts_are_done_once_and_in_order(seats, late):
    words = np.zeros(_team.size_of.py_func(seats) // 8, np.int64)
    give_way = ctypes.CDLL(None).sched_yield
    words[_team.TOTAL] = seats
    words[_team.GIVE_WAY] = ctypes.cast(give_way, ctypes.c_void_p).value
    times, mixed = np.zeros((EPOCHS, seats), np.int64), np.zeros((EPOCHS, seats), np.uint64)
    mixed[0] = 1
    work(0, 0, 1, times[:1], mixed[:1])  # compile

    def sit_down(seat):
        time.sleep(late[seat])
        work(words.ctypes.data, seat, seats, times, mixed)

    with ThreadPoolExecutor(len(late)) as threads:
        list(threads.map(sit_down, range(len(late))))
    np.testing.assert_array_equal(times[1:], 1)
    np.testing.assert_array_equal(mixed, expected(seats))


@pytest.mark.parametrize("size, seats", [(0, 3), (1, 4), (64, 2), (1000, 7), (4096, 64)])
def test_shares_are_whole_cache_lines_and_together_all(size, seats):
    borders = [_team.share.py_func(size, part, seats) for part in range(seats + 1)]
    assert borders[0] == 0 and borders[-1] == size
    assert all(a <= b for a, b in zip(borders, borders[1:], strict=False))
    assert all(border % 64 == 0 for border in borders[:-1])
