"""The compiled form of a scan: a loop over time inside a loop over blocks of neurons.

A block is narrow enough for its carry to stay in the first-level cache for the whole run; the
innermost loop, over the neurons of a block, is vectorised. The carry lives in its own result. In a
recurrent scan a block is some samples, all their neurons, which feed each other.
"""

import functools
import hashlib
import math
import textwrap
from collections.abc import Sequence
from typing import Any

import jax
from numba.core.errors import NumbaError

from . import _dense_kernel, _event_kernels, _ffi, _kernel_math
from ._lowering import Untranslatable, statements
from ._step import Step

BLOCK = 1024
# Samples in a block of a recurrent scan: enough to read memory in long runs and, where the product
# is dense, for a weight to be used often, few enough for every thread to have a block.
BLOCK_SAMPLES = {"sparse": "min(8, size // n // 16)", "dense": "min(16, max(4, size // n // 8))"}
ALONE = 2**16  # neurons x ticks below which other threads are not worth waking

_SOURCE = """
@vectorised()
def tick({arguments}):
    for i in range(y0.size):
        {body}

def kernel(frame, piece):
    ticks = {length}
    dimensions = result(frame, 0)[1]
    size = dimensions[dimensions.size - 1]
    n = {n}
    block_size = {block_size}
    blocks = (size + block_size - 1) // block_size
    alone = ticks * size <= {alone}
    if piece == {count}:
        return min(1, blocks) if alone else blocks
    {addresses}
    for block in range(0 if alone else piece, blocks if alone else piece + 1):
        start = block * block_size
        width = min(block_size, size - start)
        {carry}
        for i in range(width):
            {begin}
        for now in {ticks}:
            {receive}
            tick({buffers})
            {send}
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
    return _call(step, operands, operands, xs[0].shape[0], size, reverse, None)


def run_recurrent(
    step: Step,
    weight: jax.Array,
    fed: jax.Array,
    params: Sequence[jax.Array],
    carry: Sequence[jax.Array],
    xs: Sequence[jax.Array],
    *,
    length: int,
    sparse: bool,
    reverse: bool,
) -> list[jax.Array]:
    """Do the same for a step whose last x is the product of its first y, a tick ago.

    `weight` is `[n, n]`; `fed`, in place of the first y before the first tick, is `[size]`, as many
    samples as n divides it. The product walks what is not zero, if `sparse`.

    **Raises:** `Untranslatable`.
    """
    others = [*params, *carry, *xs]
    product = "sparse" if sparse else "dense"
    return _call(step, others, [weight, fed, *others], length, fed.size, reverse, product)


def _call(step, per_neuron, operands, length, size, reverse, product):
    if not all(_ffi.supports(v.dtype) for v in operands):
        raise Untranslatable("a type that kernels do not know")
    common = tuple(v.shape[-1] == 1 for v in per_neuron)
    ranks = [1] * step.n_carry + [2] * len(step.ys)
    results = [(v.aval.dtype, rank) for v, rank in zip(step.jaxpr.outvars, ranks, strict=True)]
    name, _ = _registered(
        source(step, common, reverse, product),
        tuple((v.dtype, v.ndim) for v in operands),
        tuple(results),
    )
    types = [
        jax.ShapeDtypeStruct((size,) if rank == 1 else (length, size), dtype)
        for dtype, rank in results
    ]
    return jax.ffi.ffi_call(name, types)(*operands)


def source(step: Step, common: tuple[bool, ...], reverse: bool, product: str | None) -> str:
    """Write the kernel of a step; `common` marks operands that are one number for all neurons.

    `product`, of a recurrent scan, is "sparse" or "dense".

    **Raises:** `Untranslatable`.
    """
    n_params, n_carry = step.n_params, step.n_carry
    recurrent = product is not None
    first = 2 if recurrent else 0  # operands that are not the step's
    inputs = step.jaxpr.invars[: len(step.jaxpr.invars) - recurrent]
    addresses, carry, begin = [], [], []  # before the ticks
    arguments, buffers, loads, stores = [], [], [], []  # in each
    receive, send = [], []

    def view(name, variable, index="0", width="width"):
        kind = variable.aval.dtype
        return f"vector({name} + ({index}) * {kind.itemsize}, {width}, {kind.name})"

    for i, variable in enumerate(inputs):
        addresses.append(f"o{i} = operand(frame, {first + i})[0]")
        over_time = i >= n_params + n_carry
        if n_params <= i < n_params + n_carry:
            carry.append(f"x{i} = {view(f'o{i}', variable, 'start')}")
            begin.append(f"c{i - n_params}[i] = x{i}[i]")
            loads.append(f"a{i} = y{i - n_params}[i]")
            continue
        arguments.append(f"x{i}")
        if common[i]:
            buffers.append(view(f"o{i}", variable, "now" if over_time else "0", 1) + "[0]")
            loads.append(f"a{i} = x{i}")
        else:
            index = "now * size + start" if over_time else "start"
            buffers.append(view(f"o{i}", variable, index))
            loads.append(f"a{i} = x{i}[i]")
    if recurrent:
        fed = step.ys[0]
        kind = fed.aval.dtype.name
        scratch, receiving = _product(kind, product)
        addresses += [f"weight = matrix(operand(frame, 0)[0], n, n, {kind})", *scratch]
        carry.append(f"fed = {view('operand(frame, 1)[0]', fed, 'start')}")
        receive.append(receiving)
        send.append(f"fed = {view(f'r{n_carry}', fed, 'now * size + start')}")
        arguments.append("arriving")
        buffers.append("arriving")
        loads.append(f"a{len(inputs)} = arriving[i]")
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
    length = f"result(frame, {n_carry})" if recurrent else f"operand(frame, {n_params + n_carry})"
    return _SOURCE.format(
        arguments=", ".join(arguments),
        body=_indented(loads + lines + stores, 8),
        length=f"{length}[1][0]",
        n="operand(frame, 0)[1][0]" if recurrent else 1,
        block_size=f"n * max(1, {BLOCK_SAMPLES[product]})" if recurrent else BLOCK,
        alone=ALONE,
        count=_ffi.COUNT,
        addresses=_indented(addresses, 4),
        carry=_indented(carry, 8),
        begin=_indented(begin, 12),
        ticks="range(ticks - 1, -1, -1)" if reverse else "range(ticks)",
        receive=_indented(receive, 12),
        buffers=", ".join(buffers),
        send=_indented(send, 12),
    )


def _product(kind, product):
    """Return the statements before the ticks and the one in each that make what is fed arrive."""
    if product == "sparse":
        scratch = [
            f"arriving = np.empty(block_size, {kind})",
            f"factors = np.empty(n + 1, {kind})",
            "found = np.empty(n + 1, np.int64)",
        ]
        return scratch, "gather_all(fed, weight, arriving, found, factors)"
    columns = _dense_kernel.product(kind)[2]
    scratch = [
        f"arriving = np.empty(block_size + {columns}, {kind})",
        f"panels = np.empty(((n + {columns - 1}) // {columns}, n, {columns}), {kind})",
        f"lay_out_{kind}(weight, panels)",
    ]
    return scratch, f"multiply_{kind}(fed, panels, arriving, n)"


def _indented(lines, depth):
    return textwrap.indent("\n".join(lines) or "pass", " " * depth).lstrip()


@functools.cache
def _registered(text: str, operands: tuple, results: tuple) -> tuple[str, Any]:
    """Compile a source once; return its name for XLA and what must be kept alive."""
    functions = ("exp", "expm1", "log", "log1p", "tanh")
    names = {name: getattr(_kernel_math, name) for name in functions}
    names |= {"math": math, "gather_all": _event_kernels.gather_all}
    for kind in ("float32", "float64"):
        names[f"lay_out_{kind}"], names[f"multiply_{kind}"], _ = _dense_kernel.product(kind)
    name = f"neuropil_scan_{hashlib.sha256(repr((text, operands, results)).encode()).hexdigest()}"
    try:
        return name, _ffi.register(name, text, names, operands, results)
    except NumbaError as error:
        raise Untranslatable(str(error)) from error
