"""The compiled form of an elementwise scan: a loop over time inside a loop over blocks of neurons.

A block is narrow enough for its carry to stay in the first-level cache for the whole run; the
innermost loop, over the neurons of a block, is vectorised. The carry lives in its own result.
"""

import functools
import hashlib
import math
import textwrap
from collections.abc import Sequence
from typing import Any

import jax
import numba
import numpy as np

from . import _ffi, _kernel_math
from ._lowering import Untranslatable, statements
from ._step import Step

BLOCK = 1024
ALONE = 2**16  # neurons x ticks below which other threads are not worth waking

_SOURCE = """
def tick({arguments}):
    for i in range({widest}.size):
        {body}

def kernel(frame, piece):
    ticks = operand(frame, {first_x})[1][0]
    dimensions = result(frame, 0)[1]
    size = dimensions[dimensions.size - 1]
    blocks = (size + {block} - 1) // {block}
    alone = ticks * size <= {alone}
    if piece == {count}:
        return min(1, blocks) if alone else blocks
    {views}
    for block in range(0 if alone else piece, blocks if alone else piece + 1):
        start = block * {block}
        stop = min(start + {block}, size)
        {begin}
        for now in {ticks}:
            tick({slices})
    return 0
"""


def run(
    step: Step,
    params: Sequence[jax.Array],
    carry: Sequence[jax.Array],
    xs: Sequence[jax.Array],
    *,
    size: int,
    reverse: bool,
) -> list[jax.Array]:
    """Scan a step over time in one call of a kernel; return the carry and the ys, `[time, size]`.

    `params` are `[1]` or `[size]`, `carry` `[size]`, `xs` (at least one) `[time, 1]` or
    `[time, size]`.

    **Raises:** `Untranslatable`.
    """
    operands = [*params, *carry, *xs]
    if not all(_ffi.supports(v.dtype) for v in operands):
        raise Untranslatable("a type that kernels do not know")
    common = tuple(v.shape[-1] == 1 for v in operands)
    text = source(step, common, reverse)
    name = _registered(text, tuple((v.dtype, v.ndim) for v in operands), _results(step))[0]
    ticks = xs[0].shape[0]
    shapes = [(size,)] * step.n_carry + [(ticks, size)] * len(step.ys)
    types = [
        jax.ShapeDtypeStruct(shape, v.aval.dtype)
        for shape, v in zip(shapes, step.jaxpr.outvars, strict=True)
    ]
    return jax.ffi.ffi_call(name, types)(*operands)


def _results(step):
    ranks = [1] * step.n_carry + [2] * len(step.ys)
    return tuple((v.aval.dtype, rank) for v, rank in zip(step.jaxpr.outvars, ranks, strict=True))


def source(step: Step, common: tuple[bool, ...], reverse: bool) -> str:
    """Write the kernel of a step; `common` marks operands that are one number for all neurons.

    **Raises:** `Untranslatable`.
    """
    n_params, n_carry = step.n_params, step.n_carry
    n_operands = len(step.jaxpr.invars)
    is_carry = [n_params <= i < n_params + n_carry for i in range(n_operands)]
    results = [f"r{i}" for i in range(len(step.jaxpr.outvars))]
    inputs = [f"a{i}" for i in range(n_operands)]

    arguments, slices, views, begin, loads = [], [], [], [], []
    for i, variable in enumerate(step.jaxpr.invars):
        kind = variable.aval.dtype.name
        over_time = i >= n_params + n_carry
        length = "1" if common[i] else "size"
        shape = f"ticks, {length}" if over_time else length
        view = "matrix" if over_time else "vector"
        views.append(f"o{i} = {view}(operand(frame, {i})[0], {shape}, {kind})")
        if is_carry[i]:
            begin.append(f"r{i - n_params}[start:stop] = o{i}[start:stop]")
            loads.append(f"a{i} = r{i - n_params}[i]")
            continue
        where = "0" if common[i] else "start:stop"
        slices.append(f"o{i}[now, {where}]" if over_time else f"o{i}[{where}]")
        arguments.append(f"x{i}")
        loads.append(f"a{i} = x{i}" if common[i] else f"a{i} = x{i}[i]")
    for i, variable in enumerate(step.jaxpr.outvars):
        kind = variable.aval.dtype.name
        view, shape = ("vector", "size") if i < n_carry else ("matrix", "ticks, size")
        views.append(f"r{i} = {view}(result(frame, {i})[0], {shape}, {kind})")
        slices.append(f"r{i}[start:stop]" if i < n_carry else f"r{i}[now, start:stop]")
        arguments.append(f"r{i}")
    lines, values = statements(step, inputs)
    stores = [f"{result}[i] = {value}" for result, value in zip(results, values, strict=True)]
    return _SOURCE.format(
        arguments=", ".join(arguments),
        widest=results[0],
        body=_indented(loads + lines + stores, 8),
        first_x=n_params + n_carry,
        block=BLOCK,
        alone=ALONE,
        count=_ffi.COUNT,
        views=_indented(views, 4),
        begin=_indented(begin, 8),
        ticks="range(ticks - 1, -1, -1)" if reverse else "range(ticks)",
        slices=", ".join(slices),
    )


def _indented(lines, depth):
    return textwrap.indent("\n".join(lines) or "pass", " " * depth).lstrip()


@functools.cache
def _registered(text: str, operands: tuple, results: tuple) -> tuple[str, Any]:
    """Compile a source once; return its name for XLA and what must be kept alive."""
    names = {kind: np.dtype(kind).type for kind in ("int8", "int16", "int32", "int64")}
    names |= {kind: np.dtype(kind).type for kind in ("uint8", "uint16", "uint32", "uint64")}
    names |= {"float32": np.float32, "float64": np.float64, "bool": np.bool_}
    names |= {"math": math, "np": np, "operand": _ffi.operand, "result": _ffi.result}
    names |= {"vector": _ffi.vector, "matrix": _ffi.matrix}
    names |= {f: getattr(_kernel_math, f) for f in ("exp", "expm1", "log", "log1p", "tanh")}
    exec(compile(text, "<elementwise scan>", "exec"), names)
    names["tick"] = numba.njit(
        error_model="numpy", fastmath={"contract"}, pipeline_class=_ffi.WithoutAliases
    )(names["tick"])
    name = f"neuropil_scan_{hashlib.sha256(repr((text, operands, results)).encode()).hexdigest()}"
    try:
        return name, _ffi.register(name, names["kernel"], operands, results)
    except numba.core.errors.NumbaError as error:
        raise Untranslatable(str(error)) from error
