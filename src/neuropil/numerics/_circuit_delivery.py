"""What circuit kernels call: finding who published, and delivering it to rings of arrivals."""

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from . import _ffi
from ._event_kernels import _add_all, _fill, _lowest_bit, _pack_word
from ._ffi import matrix, vector

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
def _fetch_ahead(found, k, n, starts, targets, weight):
    if k + AHEAD < n:
        i = found[k + AHEAD]
        _fetch(targets, starts[i], starts[i + 1])
        _fetch(weight, starts[i], starts[i + 1])


@_ffi.inner()
def deliver_rows(found, n, published, signs, weight, factors, row):
    """Add the rows of a matrix that belong to what was found."""
    for k in range(n):
        factors[k] = published[k] * signs[found[k] if signs.size > 1 else 0]
    _add_all(row, n, factors, found, weight)


@_ffi.inner(fastmath={"contract"})
def deliver(found, n, published, signs, starts, targets, weight, row):
    """Add listed synapses of one delay."""
    for k in range(-AHEAD, n):
        _fetch_ahead(found, k, n, starts, targets, weight)
        if k < 0:
            continue
        i = found[k]
        value = published[k] * signs[i if signs.size > 1 else 0]
        for s in range(starts[i], starts[i + 1]):
            row[targets[s]] += value * weight[s]


@_ffi.inner(fastmath={"contract"})
def deliver_late(found, n, published, signs, starts, targets, weight, ticks, ring, base, ago):
    """Add listed synapses, each after its own delay, of what was published some ticks ago."""
    rows = ring.shape[0]
    for k in range(-AHEAD, n):
        _fetch_ahead(found, k, n, starts, targets, weight)
        if k < 0:
            continue
        i = found[k]
        value = published[k] * signs[i if signs.size > 1 else 0]
        for s in range(starts[i], starts[i + 1]):
            late = ticks[s] - ago
            if late >= 0:
                row = base + late
                if row >= rows:
                    row -= rows
                ring[row, targets[s]] += value * weight[s]
