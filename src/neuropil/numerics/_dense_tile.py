"""A tile of a dense product: a few rows times a panel of a few columns, summed in registers."""

from typing import Any

import llvmlite.binding
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


def panel_width(kind: str) -> int:
    """Return the columns of a panel: two vectors of the machine."""
    wide = llvmlite.binding.get_host_cpu_features().get("avx512f", False)
    return (128 if wide else 64) // np.dtype(kind).itemsize


def tile_of(rows: int, kind: str) -> Any:
    """Return `tile(left, panel, depth, out, columns)`: some rows times a panel.

    Arrays are addresses; `left` has rows of `depth` numbers, `out` of `columns`.
    """
    width, size = panel_width(kind), np.dtype(kind).itemsize
    element = ir.FloatType() if kind == "float32" else ir.DoubleType()
    row = ir.VectorType(element, width)
    undefined = ir.Constant(row, ir.Undefined)
    firsts = ir.Constant(ir.VectorType(ir.IntType(32), width), None)

    def starts(builder, address, length):
        first = builder.inttoptr(address, element.as_pointer())
        return [builder.gep(first, [builder.mul(length, length.type(r))]) for r in range(rows)]

    def repeated(builder, number):
        vector = builder.insert_element(undefined, number, ir.IntType(32)(0))
        return builder.shuffle_vector(vector, undefined, firsts)

    @intrinsic
    def tile(typing_context, left, panel, depth, out, columns):
        def generate(context, builder, signature, arguments):
            left, panel, depth, out, columns = arguments
            panel = builder.inttoptr(panel, row.as_pointer())
            lines = starts(builder, left, depth)
            places = starts(builder, out, columns)
            signature_of_add = ir.FunctionType(row, [row] * 3)
            name = f"llvm.fmuladd.v{width}f{8 * size}"
            multiply_add = cgutils.get_or_insert_function(builder.module, signature_of_add, name)
            totals = [cgutils.alloca_once_value(builder, ir.Constant(row, None)) for _ in lines]
            with cgutils.for_range(builder, depth) as loop:
                weights = builder.load(builder.gep(panel, [loop.index]), align=size)
                for line, total in zip(lines, totals, strict=True):
                    number = builder.load(builder.gep(line, [loop.index]))
                    added = [repeated(builder, number), weights, builder.load(total)]
                    builder.store(builder.call(multiply_add, added), total)
            for place, total in zip(places, totals, strict=True):
                place = builder.bitcast(place, row.as_pointer())
                builder.store(builder.load(total), place, align=size)
            return context.get_dummy_value()

        return types.none(*[types.int64] * 5), generate

    return tile
