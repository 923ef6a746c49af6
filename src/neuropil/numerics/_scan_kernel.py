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
    for i in range(y0.size):
        {body}

def kernel(frame, piece):
    ticks = operand(frame, {first_x})[1][0]
    dimensions = result(frame, 0)[1]
    size = dimensions[dimensions.size - 1]
    blocks = (size + {block} - 1) // {block}
    alone = ticks * size <= {alone}
    if piece == {count}:
        return min(1, blocks) if alone else blocks
    {addresses}
    for block in range(0 if alone else piece, blocks if alone else piece + 1):
        start = block * {block}
        width = min({block}, size - start)
        {carry}
        for i in range(width):
            {begin}
        for now in {ticks}:
            tick({buffers})
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
    addresses, carry, begin = [], [], []  # before the ticks
    arguments, buffers, loads, stores = [], [], [], []  # in each

    def view(name, variable, index="0", width="width"):
        kind = variable.aval.dtype
        return f"vector({name} + ({index}) * {kind.itemsize}, {width}, {kind.name})"

    for i, variable in enumerate(step.jaxpr.invars):
        addresses.append(f"o{i} = operand(frame, {i})[0]")
        over_time = i >= n_params + n_carry
        if n_params <= i < n_params + n_carry:
            carry.append(f"x{i} = {view(f'o{i}', variable, 'start')}")
            begin.append(f"c{i - n_params}[i] = x{i}[i]")
            loads.append(f"a{i} = y{i - n_params}[i]")
        else:
            arguments.append(f"x{i}")
            if common[i]:
                buffers.append(view(f"o{i}", variable, "now" if over_time else "0", 1) + "[0]")
                loads.append(f"a{i} = x{i}")
            else:
                index = "now * size + start" if over_time else "start"
                buffers.append(view(f"o{i}", variable, index))
                loads.append(f"a{i} = x{i}[i]")
    lines, values = statements(step, [f"a{i}" for i in range(len(step.jaxpr.invars))])
    for i, variable in enumerate(step.jaxpr.outvars):
        addresses.append(f"r{i} = result(frame, {i})[0]")
        arguments.append(f"y{i}")
        stores.append(f"y{i}[i] = {values[i]}")
        if i < n_carry:
            carry.append(f"c{i} = {view(f'r{i}', variable, 'start')}")
            buffers.append(f"c{i}")
        else:
            buffers.append(view(f"r{i}", variable, "now * size + start"))
    return _SOURCE.format(
        arguments=", ".join(arguments),
        body=_indented(loads + lines + stores, 8),
        first_x=n_params + n_carry,
        block=BLOCK,
        alone=ALONE,
        count=_ffi.COUNT,
        addresses=_indented(addresses, 4),
        carry=_indented(carry, 8),
        begin=_indented(begin, 12),
        ticks="range(ticks - 1, -1, -1)" if reverse else "range(ticks)",
        buffers=", ".join(buffers),
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
    names |= {"vector": _ffi.vector}
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
