"""A small dense product inside a kernel: some rows times a matrix, on one thread.

The matrix is laid out in panels, a few columns of all rows, so that it is read in order. A tile of
the product, a few rows of one panel, stays in registers until it is complete.
"""

import functools
from typing import Any

import jax
import numpy as np

from . import _ffi
from ._dense_tile import panel_width, tile_of
from ._ffi import inner, vectorised

ROWS = 256  # of a product in one piece of work


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
    """Return `left @ right`, of a type that kernels know; whole panels must make up the columns."""
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
    panels = np.empty((columns // {width}, depth, {width}), {kind})
    lay_out(matrix(right, depth, columns, {kind}), panels)
    start, stop = piece * {rows}, min(rows, (piece + 1) * {rows})
    left = vector(address + start * depth * {size}, (stop - start) * depth, {kind})
    target = result(frame, 0)[0] + start * columns * {size}
    multiply(left, panels, vector(target, (stop - start) * columns, {kind}), columns)
    return 0
"""


@functools.cache
def _registered(kind):
    lay_out, multiply, width = product(kind)
    size = np.dtype(kind).itemsize
    source = _SOURCE.format(count=_ffi.COUNT, rows=ROWS, width=width, kind=kind, size=size)
    name, buffer = f"neuropil_dense_matmul_{kind}", (np.dtype(kind), 2)
    names = {"lay_out": lay_out, "multiply": multiply}
    return name, _ffi.register(name, source, names, [buffer, buffer], [buffer])
