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
def _fetch_ahead(found, k, starts, targets, weight):
    if k + AHEAD < found.size:
        i = np.uint32(found[k + AHEAD])
        _fetch(targets, starts[i], starts[i + 1])
        _fetch(weight, starts[i], starts[i + 1])


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
def deliver(found, published, signs, starts, targets, weight, row, low, high):
    """Add listed synapses of one delay, to the targets of a part."""
    is_whole = high - low == row.size
    for k in range(-AHEAD, found.size):
        _fetch_ahead(found, k, starts, targets, weight)
        if k < 0:
            continue
        i = np.uint32(found[k])
        value = published[k] * signs[i if signs.size > 1 else 0]
        for s in range(np.uint64(starts[i]), np.uint64(starts[i + 1])):
            target = np.uint32(targets[s])  # of indices with a sign Numba asks which they have
            if is_whole or _is_in(target, low, high):
                row[target] += value * weight[s]


@_ffi.inner(fastmath={"contract"})
def deliver_late(
    found, published, signs, starts, targets, weight, ticks, ring, base, ago, low, high
):
    """Add listed synapses, each after its own delay, of what was published some ticks ago."""
    rows, is_whole = ring.shape[0], high - low == ring.shape[1]
    for k in range(-AHEAD, found.size):
        _fetch_ahead(found, k, starts, targets, weight)
        if k < 0:
            continue
        i = np.uint32(found[k])
        value = published[k] * signs[i if signs.size > 1 else 0]
        for s in range(np.uint64(starts[i]), np.uint64(starts[i + 1])):
            target, late = np.uint32(targets[s]), ticks[s] - ago
            if late >= 0 and (is_whole or _is_in(target, low, high)):
                row = base + late
                if row >= rows:
                    row -= rows
                ring[np.uint32(row), target] += value * weight[s]
