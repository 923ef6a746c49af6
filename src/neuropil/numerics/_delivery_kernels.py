"""Compiled forms of delivery through listed synapses.

What is walked is what is published: rows of the signal are searched for what is not zero. What
comes back to the sources has no such gaps; there, many ticks are gathered side by side.
"""

import functools

import jax
import numpy as np

from . import _ffi
from ._circuit_delivery import deliver, find
from ._delivery_primitive import ARRIVING, SIGNAL, WEIGHT, Form, others
from ._ffi import matrix, operand, result, vector

ROWS = 256  # ticks in one piece of a delivery
SIDE_BY_SIDE = 16  # ticks in one piece of a gathering
SOURCES = 512  # in one piece of a co-activity

_COUNT, _SIDE_BY_SIDE = _ffi.COUNT, SIDE_BY_SIDE
_optimised = _ffi.vectorised()


def run(kind: int, form: Form, first: jax.Array, second: jax.Array, lists) -> jax.Array:
    """Return the derivative of the form by one of the three, given the two others."""
    shape = form.shape(kind)
    form = _joined(form)
    operands = [
        v.reshape(form.shape(k)) for k, v in zip(others(kind), (first, second), strict=True)
    ]
    name, _ = _registered(kind, first.dtype, len(lists) == 3)
    out = jax.ShapeDtypeStruct(form.shape(kind), first.dtype)
    return jax.ffi.ffi_call(name, out)(*operands, *lists).reshape(shape)


def _joined(form: Form) -> Form:
    """Take samples as more ticks, where none reaches beyond its own and all share their weights."""
    x, g, w = form.samples
    if form.depth or w > 1 or x != g:
        return form
    return Form((1, 1, 1), x * form.length, 0, form.sources, form.targets, form.synapses)


@_ffi.inner()
def _sample(buffer, index, total, number):
    """View what belongs to a sample of all, as a matrix; vectors have one row."""
    address, shape = buffer
    last = shape.size - 1
    rows = shape[1] if last == 2 else 1
    own = index // (total // shape[0])
    size = rows * shape[last] * vector(address, 1, number).itemsize
    return matrix(address + own * size, rows, shape[last], number)


@_ffi.inner()
def _positions(frame, i):
    """View a list of positions."""
    address, shape = operand(frame, i)
    return vector(address, shape[0], np.int32)


@_ffi.inner()
def _zeros(out):
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = 0


@_ffi.inner(fastmath={"contract"})
def _deliver_late(found, n, published, starts, targets, weight, ticks, out, before):
    """Add what a row delivers to rows that are so many ticks later than `before`."""
    for k in range(n):
        value = published[k]
        for s in range(starts[found[k]], starts[found[k] + 1]):
            now = before + ticks[s]
            if 0 <= now < out.shape[0]:
                out[now, targets[s]] += value * weight[s]


@_ffi.inner()
def _delivery(frame, piece, number, is_late):
    signal, weights, arrivals = operand(frame, 0), operand(frame, 1), result(frame, 0)
    total, groups, length = (
        max(signal[1][0], weights[1][0]), arrivals[1][0], arrivals[1][1]
    )  # fmt: skip
    depth, sources = signal[1][1] - length, signal[1][2]
    rows = max(ROWS, 8 * depth)
    pieces = (length + rows - 1) // rows
    if piece == _COUNT:
        return groups * pieces
    group, first = piece // pieces, piece % pieces * rows
    last = min(length, first + rows)
    starts, targets = _positions(frame, 2), _positions(frame, 3)
    ticks = _positions(frame, 4 if is_late else 3)
    found, published = np.empty(sources, np.int32), np.empty(sources, number)
    one = np.ones(1, number)
    out = _sample(arrivals, group, groups, number)[first:last]
    _zeros(out)
    each = total // groups
    for sample in range(group * each, group * each + each):
        x = _sample(signal, sample, total, number)
        weight = _sample(weights, sample, total, number)[0]
        for row in range(first, last + depth):
            n = find(x[row], 0, 0, found, published)
            if is_late:
                before = row - depth - first
                _deliver_late(found, n, published, starts, targets, weight, ticks, out, before)
            else:
                deliver(
                    found[:n], published[:n], one, starts, targets, weight,
                    False, out[row - first], 0, out.shape[1],
                )  # fmt: skip
    return 0


@_optimised
def _gather_side_by_side(total, later, targets, ticks, weight, first, last, is_late):
    for r in range(_SIDE_BY_SIDE):
        total[r] = 0
    for s in range(first, last):
        j, value, tick = targets[s], weight[s], ticks[s] if is_late else 0
        for r in range(_SIDE_BY_SIDE):
            total[r] += value * later[j, tick + r]


@_ffi.inner()
def _gathering(frame, piece, number, is_late):
    arrivals, weights, signal = operand(frame, 0), operand(frame, 1), result(frame, 0)
    total, groups, length = (
        max(arrivals[1][0], weights[1][0]), signal[1][0], arrivals[1][1]
    )  # fmt: skip
    rows, sources = signal[1][1], signal[1][2]
    depth, pieces = rows - length, (rows + _SIDE_BY_SIDE - 1) // _SIDE_BY_SIDE
    if piece == _COUNT:
        return groups * pieces
    group, first = piece // pieces, piece % pieces * _SIDE_BY_SIDE
    n = min(_SIDE_BY_SIDE, rows - first)
    starts, targets = _positions(frame, 2), _positions(frame, 3)
    ticks = _positions(frame, 4 if is_late else 3)
    later = np.empty((arrivals[1][2], _SIDE_BY_SIDE + depth), number)
    own = np.empty(_SIDE_BY_SIDE, number)
    out = _sample(signal, group, groups, number)
    _zeros(out[first : first + n])
    each = total // groups
    for sample in range(group * each, group * each + each):
        weight = _sample(weights, sample, total, number)[0]
        g = _sample(arrivals, sample, total, number)
        _zeros(later)
        for k in range(later.shape[1]):
            now = first - depth + k
            if 0 <= now < length:
                for j in range(later.shape[0]):
                    later[j, k] = g[now, j]
        for i in range(sources):
            _gather_side_by_side(
                own, later, targets, ticks, weight, starts[i], starts[i + 1], is_late
            )
            for r in range(n):
                out[first + r, i] += own[r]
    return 0


@_ffi.inner(fastmath={"contract"})
def _add_coactivity(found, n, published, starts, targets, ticks, g, now, out, is_late):
    for k in range(n):
        value = published[k]
        for s in range(starts[found[k]], starts[found[k] + 1]):
            t = now + (ticks[s] if is_late else 0)
            if 0 <= t < g.shape[0]:
                out[s] += value * g[t, targets[s]]


@_ffi.inner()
def _coactivity(frame, piece, number, is_late):
    signal, arrivals, weights = operand(frame, 0), operand(frame, 1), result(frame, 0)
    total, groups, length = (
        max(signal[1][0], arrivals[1][0]), weights[1][0], arrivals[1][1]
    )  # fmt: skip
    rows, sources = signal[1][1], signal[1][2]
    pieces = (sources + SOURCES - 1) // SOURCES
    if piece == _COUNT:
        return groups * pieces
    group, first = piece // pieces, piece % pieces * SOURCES
    last = min(sources, first + SOURCES)
    starts, targets = _positions(frame, 2), _positions(frame, 3)
    ticks = _positions(frame, 4 if is_late else 3)
    found, published = np.empty(SOURCES, np.int32), np.empty(SOURCES, number)
    out = _sample(weights, group, groups, number)[0]
    for s in range(starts[first], starts[last] if last < sources else out.size):
        out[s] = 0
    each = total // groups
    for sample in range(group * each, group * each + each):
        x = _sample(signal, sample, total, number)
        g = _sample(arrivals, sample, total, number)
        for row in range(rows):
            n = find(x[row, first:last], first, 0, found, published)
            before = row - (rows - length)
            _add_coactivity(found, n, published, starts, targets, ticks, g, before, out, is_late)
    return 0


_FUNCTIONS = {SIGNAL: _gathering, ARRIVING: _delivery, WEIGHT: _coactivity}
_RANKS = {SIGNAL: 3, ARRIVING: 3, WEIGHT: 2}


@functools.cache
def _registered(kind, dtype, is_late):
    """Return the name of a kernel for this type of numbers, and what must be kept alive."""
    number, function = np.dtype(dtype).name, _FUNCTIONS[kind]
    what = function.__name__.strip("_")
    source = (
        f"def kernel(frame, piece):\n    return {what}(frame, piece, {number}, {int(is_late)})\n"
    )
    operands = [(dtype, _RANKS[k]) for k in others(kind)] + [(np.int32, 1)] * (2 + is_late)
    name = f"neuropil_synaptic_{what}_{number}" + ("_late" if is_late else "")
    return name, _ffi.register(name, source, {what: function}, operands, [(dtype, _RANKS[kind])])
