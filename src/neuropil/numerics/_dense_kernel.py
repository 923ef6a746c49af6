"""A small dense product inside a kernel: some rows times a matrix, on one thread.

The matrix is laid out in panels, a few columns of all rows, so that it is read in order. A tile of
the product, a few rows of one panel, stays in registers until it is complete.
"""

import functools
from typing import Any

import jax
import numpy as np

from . import _event_kernels, _ffi
from ._dense_tile import panel_width, tile_of
from ._ffi import inner, vectorised

ROWS = 256  # of a product in one piece of work
FEW = 8  # rows for which the matrix is not laid out


@functools.cache
def product(kind: str) -> tuple[Any, Any, int]:
    """Return `lay_out(matrix, panels)`, `multiply(left, panels, out, columns)`, a panel's width.

    `panels` is `[panels, depth, width]`, `left` `[rows * depth]`, and `out` `[rows * columns]`, but
    longer by a width unless whole panels make up the columns.
    """
    width = panel_width(kind)
    size = np.dtype(kind).itemsize
    of_8, of_4, of_2, of_1 = (tile_of(rows, kind) for rows in (8, 4, 2, 1))

    @vectorised()
    def lay_out(matrix, panels):
        for p in range(panels.shape[0]):
            first = p * width
            for i in range(panels.shape[1]):
                for j in range(width):
                    known = first + j < matrix.shape[1]
                    panels[p, i, j] = matrix[i, first + j] if known else 0

    @inner()
    def multiply(left, panels, out, columns):
        depth = panels.shape[1]
        rows = left.size // depth
        source, step = left.ctypes.data, depth * size
        # What a tile writes beyond the end of a row is written anew by the next row or panel.
        for p in range(panels.shape[0] - 1, -1, -1):
            panel = panels[p].ctypes.data
            target, line = out.ctypes.data + p * width * size, columns * size
            r = rows - rows % 8
            for first in range(0, r, 8):
                of_8(source + first * step, panel, depth, target + first * line, columns)
            if rows & 4:
                of_4(source + r * step, panel, depth, target + r * line, columns)
                r += 4
            if rows & 2:
                of_2(source + r * step, panel, depth, target + r * line, columns)
                r += 2
            if rows & 1:
                of_1(source + r * step, panel, depth, target + r * line, columns)

    return lay_out, multiply, width


def matmul(left: jax.Array, right: jax.Array) -> jax.Array:
    """Return `left @ right`, of a type that kernels know.

    A row is summed up in the order of its entries, whatever other rows there are.
    """
    kind = left.dtype.name
    name = _registered(kind)[0]
    out = jax.ShapeDtypeStruct((left.shape[0], right.shape[1]), left.dtype)
    return jax.ffi.ffi_call(name, out)(left, right)


_SOURCE = """
def kernel(frame, piece):
    address, shape = operand(frame, 0)
    rows, depth = shape[0], shape[1]
    if piece == {count}:
        return (rows + {rows} - 1) // {rows}
    right, columns = operand(frame, 1)[0], operand(frame, 1)[1][1]
    start, stop = piece * {rows}, min(rows, (piece + 1) * {rows})
    left = vector(address + start * depth * {size}, (stop - start) * depth, {kind})
    target = result(frame, 0)[0] + start * columns * {size}
    out = vector(target, (stop - start) * columns, {kind})
    if rows < {few}:
        found, factors = np.empty(depth + 1, np.int64), np.empty(depth + 1, {kind})
        weight = matrix(right, depth, columns, {kind})
        for r in range(rows):
            row = left[r * depth : (r + 1) * depth]
            gather(row, weight, out[r * columns : (r + 1) * columns], found, factors)
        return 0
    panels = np.empty(((columns + {width} - 1) // {width}, depth, {width}), {kind})
    lay_out(matrix(right, depth, columns, {kind}), panels)
    if columns % {width} == 0:
        multiply(left, panels, out, columns)
        return 0
    longer = np.empty(out.size + {width}, {kind})
    multiply(left, panels, longer, columns)
    copy(out, longer)
    return 0
"""


@vectorised()
def _copy(out, longer):
    for i in range(out.size):
        out[i] = longer[i]


@functools.cache
def _registered(kind):
    lay_out, multiply, width = product(kind)
    size = np.dtype(kind).itemsize
    form = {"count": _ffi.COUNT, "rows": ROWS, "few": FEW, "width": width}
    source = _SOURCE.format(**form, kind=kind, size=size)
    name, buffer = f"neuropil_dense_matmul_{kind}", (np.dtype(kind), 2)
    names = {"lay_out": lay_out, "multiply": multiply, "copy": _copy}
    names["gather"] = _event_kernels.gather
    return name, _ffi.register(name, source, names, [buffer, buffer], [buffer])
