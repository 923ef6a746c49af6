"""Compiled forms of products with events: they walk the events that are not zero.

They add up in the order of the sources, as the dense kernel does: which one computes a row, and
which other rows there are, changes no bit of it.

Events are read once, to be packed: a row of `[n]` events becomes one bit for each, set unless the
event is zero, in 64-bit words, and a last word of two numbers: how many events are neither zero nor
one, and how many are not zero. Products then read one bit for each event, and its value only in
rows that need it. Where a sample of the rows is far from sparse, the others are left unpacked:
almost surely nobody will walk them.
"""

import functools

import jax
import numpy as np
from jaxtyping import Array
from numba import types
from numba.extending import intrinsic

from . import _ffi
from ._event_primitive import packed_size
from ._ffi import matrix, operand, result

ROWS = 64  # rows of events in one piece of packing and of multiplying
SAMPLE = 8  # of them, the first, are packed before it is known whether the others are worth it
DENSE = 0.3  # the activity, above any crossover, at which they are not
PIECES = 4
CHUNK = 512

_COUNT = _ffi.COUNT
_UNPACKED = 2**32 - 1
_optimised = _ffi.vectorised()


def pack(events: Array) -> Array:
    """Return events `[r, n]` as packed rows of 64-bit words, each as two of uint32."""
    rows, sources = events.shape
    name = _pack(events.dtype)[0]
    out = jax.ShapeDtypeStruct((rows, packed_size(sources)), np.uint32)
    return jax.ffi.ffi_call(name, out)(events)


def multiply(events: Array, bits: Array, weight: Array) -> Array:
    """Return `events @ weight`."""
    name = _multiply(events.dtype, weight.dtype)[0]
    out = jax.ShapeDtypeStruct((events.shape[0], weight.shape[1]), weight.dtype)
    return jax.ffi.ffi_call(name, out)(events, bits, weight)


def outer(events: Array, bits: Array, cotangent: Array) -> Array:
    """Return `events.T @ cotangent`."""
    name = _outer(events.dtype, cotangent.dtype)[0]
    out = jax.ShapeDtypeStruct((events.shape[1], cotangent.shape[1]), cotangent.dtype)
    return jax.ffi.ffi_call(name, out)(events, bits, cotangent)


@intrinsic
def _lowest_bit(typing_context, word):
    """Return the position of the lowest bit set, 64 if there is none."""

    def generate(context, builder, signature, arguments):
        return builder.cttz(arguments[0], context.get_constant(types.boolean, False))

    return types.int64(types.uint64), generate


@intrinsic
def _bits_set(typing_context, word):
    def generate(context, builder, signature, arguments):
        return builder.ctpop(arguments[0])

    return types.int64(types.uint64), generate


@_optimised
def _fill(out, value):
    for i in range(out.size):
        out[i] = value


@_optimised
def _pack_word(events):
    word = np.uint64(0)
    for i in range(64):
        word |= np.uint64(np.uint64(events[i] != 0) << np.uint64(i))
    return word


@_optimised
def _count_others(events):
    """Count the events that are neither zero nor one."""
    n = np.int32(0)
    for i in range(events.size):
        n += np.int32((events[i] != 0) & (events[i] != 1))
    return n


@_optimised
def _pack_row(events, words, rest):
    """Pack a row; return how many of its events are active. `rest` is for 64 events, zeros."""
    whole, active = events.size // 64, 0
    for w in range(whole):
        words[w] = _pack_word(events[64 * w : 64 * w + 64])
        active += _bits_set(words[w])
    if 64 * whole < events.size:
        for i in range(events.size - 64 * whole):
            rest[i] = events[64 * whole + i]
        words[whole] = _pack_word(rest)
        active += _bits_set(words[whole])
    words[words.size - 1] = np.uint64(_count_others(events)) | np.uint64(active << 32)
    return active


@_optimised
def _packed_row(events, words, own, rest):
    """Return the words of a row, packed into `own` if they were left out; and if all are ones."""
    if np.uint32(words[words.size - 1]) == np.uint32(_UNPACKED):
        _pack_row(events, own, rest)
        words = own
    return words, np.uint32(words[words.size - 1]) == 0


@_optimised
def _find(words, first, found):
    """Write the positions of the bits that are set, counted from `first`; return their number.

    Four are written whether they exist or not, which few branches can tell better.
    """
    n = 0
    for w in range(words.size):
        word, start = words[w], first + 64 * w
        count = _bits_set(word)
        for k in range(4):
            found[n + k] = start + _lowest_bit(word)
            word &= np.uint64(word - np.uint64(1))
        k = 4
        while word != 0:
            found[n + k] = start + _lowest_bit(word)
            word &= np.uint64(word - np.uint64(1))
            k += 1
        n += count
    return n


@_optimised
def _add_row(out, a, x):
    for j in range(out.size):
        out[j] += a * x[j]


@_optimised
def _add_rows(out, a, x, b, y, c, z, d, w):
    # One after the other, as a dense product adds them up: the forms agree to the last bit.
    for j in range(out.size):
        total = out[j] + a * x[j]
        total += b * y[j]
        total += c * z[j]
        out[j] = total + d * w[j]


@_optimised
def _add_all(out, n, factors, rows, matrix):
    """Add n rows of a matrix, each times its factor."""
    for k in range(0, n - 3, 4):
        _add_rows(
            out,
            factors[k], matrix[rows[k]], factors[k + 1], matrix[rows[k + 1]],
            factors[k + 2], matrix[rows[k + 2]], factors[k + 3], matrix[rows[k + 3]],
        )  # fmt: skip
    for k in range(n - n % 4, n):
        _add_row(out, factors[k], matrix[rows[k]])


@_optimised
def gather(fed, weight, arriving, found, factors):
    """Write fed @ weight to `arriving`; `found` and `factors` are for one number a row, and one."""
    n = 0
    for i in range(fed.size):
        found[n] = i
        factors[n] = fed[i]
        n += fed[i] != 0
    _fill(arriving, 0)
    _add_all(arriving, n, factors, found, weight)


@_optimised
def gather_all(fed, weight, arriving, found, factors):
    """Do so for each of the samples in `fed`."""
    n = weight.shape[0]
    for start in range(0, fed.size, n):
        gather(fed[start : start + n], weight, arriving[start : start + n], found, factors)


@_ffi.inner()
def _pack_rows(frame, piece, event):
    address, shape = operand(frame, 0)
    rows, sources = shape[0], shape[1]
    if piece == _COUNT:
        return (rows + ROWS - 1) // ROWS
    target, packed_shape = result(frame, 0)
    events = matrix(address, rows, sources, event)
    words = matrix(target, rows, packed_shape[1] // 2, np.uint64)
    rest = np.empty(64, event)
    _fill(rest, event(0))
    start, stop = piece * ROWS, min(rows, (piece + 1) * ROWS)
    sampled = min(stop, start + SAMPLE)
    active = 0
    for r in range(start, sampled):
        active += _pack_row(events[r], words[r], rest)
    seen = (sampled - start) * sources
    if active < DENSE * seen:
        for r in range(sampled, stop):
            _pack_row(events[r], words[r], rest)
    else:
        estimate = np.uint64((active * sources // seen) << 32)
        for r in range(sampled, stop):
            words[r, words.shape[1] - 1] = estimate | np.uint64(_UNPACKED)
    return 0


@_ffi.inner()
def _multiply_rows(frame, piece, event, number):
    address, shape = operand(frame, 0)
    rows, sources = shape[0], shape[1]
    if piece == _COUNT:
        return (rows + ROWS - 1) // ROWS
    packed, packed_shape = operand(frame, 1)
    weight_address, weight_shape = operand(frame, 2)
    last, columns = packed_shape[1] // 2 - 1, weight_shape[1]
    events = matrix(address, rows, sources, event)
    words = matrix(packed, rows, last + 1, np.uint64)
    weight = matrix(weight_address, sources, columns, number)
    out = matrix(result(frame, 0)[0], rows, columns, number)
    found = np.empty(sources + 64, np.int64)
    factors, ones = np.empty(sources, number), np.empty(sources, number)
    _fill(ones, number(1))
    own, rest = np.empty(last + 1, np.uint64), np.empty(64, event)
    _fill(rest, event(0))
    for r in range(piece * ROWS, min(rows, (piece + 1) * ROWS)):
        row, plain = _packed_row(events[r], words[r], own, rest)
        n = _find(row[:last], 0, found)
        total = out[r]
        _fill(total, number(0))
        if plain:
            _add_all(total, n, ones, found, weight)
        else:
            for k in range(n):
                factors[k] = number(events[r, found[k]])
            _add_all(total, n, factors, found, weight)
    return 0


@_ffi.inner()
def _outer_sources(frame, piece, event, number):
    address, shape = operand(frame, 0)
    rows, sources = shape[0], shape[1]
    packed, packed_shape = operand(frame, 1)
    last, columns = packed_shape[1] // 2 - 1, operand(frame, 2)[1][1]
    words_each = (last + PIECES - 1) // PIECES
    if piece == _COUNT:
        return (last + words_each - 1) // words_each
    events = matrix(address, rows, sources, event)
    words = matrix(packed, rows, last + 1, np.uint64)
    cotangent = matrix(operand(frame, 2)[0], rows, columns, number)
    out = matrix(result(frame, 0)[0], sources, columns, number)
    start, stop = piece * words_each, min(last, (piece + 1) * words_each)
    first, n_sources = 64 * start, min(sources, 64 * stop) - 64 * start
    found = np.empty(64 * words_each + 64, np.int64)
    own, rest = np.empty(last + 1, np.uint64), np.empty(64, event)
    _fill(rest, event(0))
    counts = np.empty(n_sources, np.int64)
    members = np.empty((n_sources, CHUNK), np.int32)
    factors = np.empty((n_sources, CHUNK), number)
    for i in range(first, first + n_sources):
        _fill(out[i], number(0))
    for base in range(0, rows, CHUNK):
        _fill(counts, 0)
        for r in range(base, min(rows, base + CHUNK)):
            row, plain = _packed_row(events[r], words[r], own, rest)
            n = _find(row[start:stop], 0, found)
            for k in range(n):
                i = found[k]
                members[i, counts[i]] = r
                factors[i, counts[i]] = number(1) if plain else number(events[r, first + i])
                counts[i] += 1
        for i in range(n_sources):
            if counts[i] > 0:
                _add_all(out[first + i], counts[i], factors[i], members[i], cotangent)
    return 0


@functools.cache
def _pack(events_type):
    return _registered("pack", _pack_rows, [events_type], [(events_type, 2)], (np.uint32, 2))


@functools.cache
def _multiply(events_type, weight_type):
    operands = [(events_type, 2), (np.uint32, 2), (weight_type, 2)]
    types = [events_type, weight_type]
    return _registered("event_matmul", _multiply_rows, types, operands, (weight_type, 2))


@functools.cache
def _outer(events_type, weight_type):
    operands = [(events_type, 2), (np.uint32, 2), (weight_type, 2)]
    types = [events_type, weight_type]
    return _registered("event_outer", _outer_sources, types, operands, (weight_type, 2))


def _registered(what, function, number_types, operands, result):
    """Return the name of a kernel for these types of numbers, and what must be kept alive."""
    numbers = [kind.name for kind in number_types]
    source = f"def kernel(frame, piece):\n    return {what}(frame, piece, {', '.join(numbers)})\n"
    name = "_".join(["neuropil", what, *numbers])
    return name, _ffi.register(name, source, {what: function}, operands, [result])
