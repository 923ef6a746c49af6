"""What circuit kernels call: finding who published, and delivering it to rings of arrivals."""

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from . import _ffi
from ._event_kernels import _add_row, _add_rows, _fill, _lowest_bit, _pack_word
from ._ffi import matrix, vector
from ._team import share

AHEAD = 4  # sources whose synapses are on their way into the cache while others are delivered
LINE = 64  # bytes
MARGIN = 16  # synapses that are fetched on either side of where a part should be

_optimised = _ffi.vectorised()


@_ffi.inner()
def _of_sample(buffer, sample, dtype):
    """Return where the part of a buffer that belongs to a sample begins."""
    address, shape = buffer
    if shape[0] == 1:
        return address
    size = vector(address, 1, dtype).itemsize
    for length in shape[1:]:
        size *= length
    return address + sample * size


@_ffi.inner()
def row(buffer, sample, dtype):
    """View the part of a buffer `[sample, n]` that belongs to a sample."""
    return vector(_of_sample(buffer, sample, dtype), buffer[1][1], dtype)


@_ffi.inner()
def rows(buffer, sample, dtype):
    """View the part of a buffer `[sample, m, n]` that belongs to a sample."""
    return matrix(_of_sample(buffer, sample, dtype), buffer[1][1], buffer[1][2], dtype)


@_optimised
def clear(out):
    """Set all to zero."""
    _fill(out, 0)


@_optimised
def copy(out, values):
    """Write all values."""
    for i in range(out.size):
        out[i] = values[i]


@_optimised
def find(values, start, n, found, published):
    """List the values that are not zero, after n others, and their positions from `start` on."""
    whole = values.size // 64
    for w in range(whole):
        word = _pack_word(values[64 * w : 64 * w + 64])
        while word != 0:
            i = 64 * w + _lowest_bit(word)
            found[n] = start + i
            published[n] = values[i]
            word &= np.uint64(word - np.uint64(1))
            n += 1
    for i in range(64 * whole, values.size):
        if values[i] != 0:
            found[n] = start + i
            published[n] = values[i]
            n += 1
    return n


@_ffi.inner()
def join(found, published, ends, parts, all_found, all_published):
    """List what the neurons of all parts published, in order; return how much it is."""
    n = 0
    for part in range(parts):
        for k in range(share(found.size, part, parts), ends[part]):
            all_found[n] = found[k]
            all_published[n] = published[k]
            n += 1
    return n


@intrinsic
def _fetch_line(typing_context, address):
    """Ask for the cache line at an address, to be read soon."""

    def generate(context, builder, signature, arguments):
        pointer = builder.inttoptr(arguments[0], cgutils.voidptr_t)
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, number, number, number])
        prefetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(prefetch, [pointer, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(types.int64), generate


@_ffi.inner()
def _fetch(array, first, last):
    """Ask for the cache lines of some entries of an array."""
    size = array.itemsize
    for address in range(array.ctypes.data + first * size, array.ctypes.data + last * size, LINE):
        _fetch_line(address)


@_ffi.inner()
def _fetch_ahead(found, k, starts, targets, weight, is_narrow, low, high, size):
    if k + AHEAD < found.size:
        i = np.uint32(found[k + AHEAD])
        first, last = np.int64(starts[i]), np.int64(starts[i + 1])
        _fetch(targets, first, last)
        if is_narrow:  # where they would be if the targets were evenly spaced
            n = last - first
            last = min(last, first + n * high // size + MARGIN)
            first = max(first, first + n * low // size - MARGIN)
        _fetch(weight, first, last)


@_ffi.inner()
def _first_from(targets, first, last, neuron):
    """Return where targets that do not descend reach a neuron; the steps depend on `last` only."""
    left = last - first
    while left > 0:
        half = (left + 1) >> 1
        first += half if targets[np.uint64(first + half - 1)] < neuron else 0
        left -= half
    return first


@_ffi.inner()
def _within(starts, i, targets, is_narrow, low, high, size):
    """Return which synapses of a source to walk: all, or those onto a part."""
    first, last = np.int64(starts[i]), np.int64(starts[i + 1])
    if is_narrow and high < size:
        last = _first_from(targets, first, last, high)
    if is_narrow and low > 0:
        first = _first_from(targets, first, last, low)
    return np.uint64(first), np.uint64(last)


@_ffi.inner()
def deliver_rows(found, published, signs, weight, factors, row, low, high):
    """Add the rows of a matrix that belong to what was found, to the targets of a part."""
    n, out = found.size, row[low:high]
    for k in range(n):
        factors[k] = published[k] * signs[found[k] if signs.size > 1 else 0]
    for k in range(0, n - 3, 4):
        _add_rows(
            out,
            factors[k], weight[found[k], low:high],
            factors[k + 1], weight[found[k + 1], low:high],
            factors[k + 2], weight[found[k + 2], low:high],
            factors[k + 3], weight[found[k + 3], low:high],
        )  # fmt: skip
    for k in range(n - n % 4, n):
        _add_row(out, factors[k], weight[found[k], low:high])


@_ffi.inner()
def _is_in(target, low, high):
    return np.uint32(target - np.uint32(low)) < np.uint32(high - low)


@_ffi.inner(fastmath={"contract"})
def deliver(found, published, signs, starts, targets, weight, is_sorted, row, low, high):
    """Add listed synapses of one delay, to the targets of a part."""
    size = row.size
    is_whole = high - low == size
    is_narrow = is_sorted and not is_whole
    for k in range(-AHEAD, found.size):
        _fetch_ahead(found, k, starts, targets, weight, is_narrow, low, high, size)
        if k < 0:
            continue
        i = np.uint32(found[k])
        value = published[k] * signs[i if signs.size > 1 else 0]
        first, last = _within(starts, i, targets, is_narrow, low, high, size)
        for s in range(first, last):
            target = np.uint32(targets[s])  # of indices with a sign Numba asks which they have
            if is_whole or is_narrow or _is_in(target, low, high):
                row[target] += value * weight[s]


@_ffi.inner(fastmath={"contract"})
def deliver_late(
    found, published, signs, starts, targets, weight, is_sorted, ticks, ring, base, ago, low, high
):
    """Add listed synapses, each after its own delay, of what was published some ticks ago."""
    rows, size = ring.shape
    is_whole = high - low == size
    is_narrow = is_sorted and not is_whole
    for k in range(-AHEAD, found.size):
        _fetch_ahead(found, k, starts, targets, weight, is_narrow, low, high, size)
        if k < 0:
            continue
        i = np.uint32(found[k])
        value = published[k] * signs[i if signs.size > 1 else 0]
        first, last = _within(starts, i, targets, is_narrow, low, high, size)
        for s in range(first, last):
            target, late = np.uint32(targets[s]), ticks[s] - ago
            if late >= 0 and (is_whole or is_narrow or _is_in(target, low, high)):
                row = base + late
                if row >= rows:
                    row -= rows
                ring[np.uint32(row), target] += value * weight[s]
