"""The compiled form of a circuit: one loop over time, in which only what is published is walked.

Samples are independent pieces of work. In a tick each population takes its step, block by block:
large circuits are bound by memory, so everything that is done to a neuron is done while its block
is in the nearest cache. Then what was published is added to the rings of its targets.
"""

import functools
import hashlib
import math
import textwrap
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from jaxtyping import Array
from numba.core.errors import NumbaError

from . import _circuit_delivery, _ffi, _kernel_math
from ._circuit import Circuit, Own
from ._lowering import Untranslatable, statements

BLOCK = 2048

_TICK = """
@vectorised()
def tick{p}({arguments}):
    for i in range(y0.size):
        {body}
"""

_KERNEL = """
def kernel(frame, piece):
    if piece == {count}:
        return {samples}
    ticks = vector(operand(frame, 0)[0], 1, int32)[0]
    {views}
    {begin}
    for now in range(ticks):
        {tick}
    return 0
"""


def run(circuit: Circuit, operands: Sequence[Array], results: Sequence[Any], length: int) -> list:
    """Run all ticks in one call of a kernel; operands and results as those of the reference.

    **Raises:** `Untranslatable`.
    """
    given = [np.full((1,), length, np.int32), *operands]
    if not all(_ffi.supports(v.dtype) for v in given):
        raise Untranslatable("a type that kernels do not know")
    common = tuple(v.shape[-1] == 1 for v in operands)
    name, _ = _registered(
        source(circuit, common),
        tuple((v.dtype, v.ndim) for v in given),
        tuple((v.dtype, v.ndim) for v in results),
    )
    types = [jax.ShapeDtypeStruct(v.shape, v.dtype) for v in results]
    return list(jax.ffi.ffi_call(name, types)(*given))


class _Text:
    """The source of a kernel while it is written: what is viewed, done at first, in each tick."""

    def __init__(self):
        self.functions: list[str] = []
        self.views: list[str] = []
        self.begin: list[str] = []
        self.tick: list[str] = []
        self.deliver: list[str] = []


def source(circuit: Circuit, common: tuple[bool, ...]) -> str:
    """Write the kernel of a circuit; `common` marks operands with one number for all neurons.

    **Raises:** `Untranslatable`.
    """
    populations, wires = circuit.split(range(1, 1 + len(common)))
    text, result = _Text(), 0
    for w, operands in enumerate(wires):
        _view_wire(text, circuit, w, operands)
    for p, own in enumerate(populations):
        is_common = {position: common[position - 1] for group in own for position in group}
        result = _add_population(text, circuit, p, own, is_common, result)
    replayed = _replay(circuit)
    return "".join(text.functions) + _KERNEL.format(
        count=_ffi.COUNT,
        samples="result(frame, 0)[1][0]",
        views=_indented(text.views, 4),
        begin=_indented([*text.begin, *replayed], 4),
        tick=_indented([*text.tick, *text.deliver], 8),
    )


def _view_wire(text, circuit, w, operands):
    """View signs, starts, targets, weights and delays of a wire."""
    wire = circuit.wires[w]
    kind = circuit.steps[wire.source].ys[0].aval.dtype.name
    signs, *lists, weight = operands if wire.ticks is not None else operands[:-1]
    text.views.append(f"s{w} = row(operand(frame, {signs}), piece, {kind})")
    number = _arrival(circuit, wire.target, wire.arrival).aval.dtype.name
    if wire.is_matrix:
        text.views.append(f"w{w} = rows(operand(frame, {weight}), piece, {number})")
        text.views.append(f"q{w} = np.empty(w{w}.shape[0], {number})")
    else:
        starts, targets = lists
        text.views += [
            f"b{w} = row(operand(frame, {starts}), piece, int32)",
            f"t{w} = row(operand(frame, {targets}), piece, int32)",
            f"w{w} = row(operand(frame, {weight}), piece, {number})",
        ]
    if wire.ticks is None:
        text.views.append(f"d{w} = row(operand(frame, {operands[-1]}), piece, int32)")


def _add_population(text, circuit, p, own: Own, is_common, result) -> int:
    """Add the step of a population and what it publishes; return the number of its next result."""
    step, depth = circuit.steps[p], circuit.depths[p]
    n_params, n_carry = step.n_params, step.n_carry
    first_arrival = len(step.jaxpr.invars) - circuit.arrivals[p]
    arguments, buffers, loads, stores = [], [], [], []
    for k, variable in enumerate(step.carry_out):
        kind = variable.aval.dtype.name
        text.views.append(f"c{p}_{k} = row(result(frame, {result + k}), piece, {kind})")
        text.begin.append(f"copy(c{p}_{k}, row(operand(frame, {own.carry[k]}), piece, {kind}))")
    for i, variable in enumerate(step.jaxpr.invars):
        name, kind = f"x{p}_{i}", variable.aval.dtype.name
        if n_params <= i < n_params + n_carry:
            loads.append(f"a{i} = y{i - n_params}[i]")
            continue
        arguments.append(f"x{i}")
        if i >= first_arrival:
            a = i - first_arrival
            text.views += [f"r{p}_{a} = np.zeros(({circuit.rows(p, a)}, {_size(p)}), {kind})"]
            buffers.append(f"r{p}_{a}[now % {circuit.rows(p, a)}, start:stop]")
            loads.append(f"a{i} = x{i}[i]")
            continue
        over_time = i >= n_params + n_carry
        operand = own.xs[i - n_params - n_carry] if over_time else own.params[i]
        view = "rows" if over_time else "row"
        text.views.append(f"{name} = {view}(operand(frame, {operand}), piece, {kind})")
        where = "0" if is_common[operand] else "start:stop"
        buffers.append(f"{name}[now, {where}]" if over_time else f"{name}[{where}]")
        loads.append(f"a{i} = x{i}" if is_common[operand] else f"a{i} = x{i}[i]")
    lines, values = statements(step, [f"a{i}" for i in range(len(step.jaxpr.invars))])
    result += n_carry
    if depth:
        kind = step.ys[0].aval.dtype.name
        text.views.append(f"h{p} = rows(operand(frame, {own.history[0]}), piece, {kind})")
        text.views.append(f"g{p} = rows(result(frame, {result}), piece, {kind})")
        result += 1
    for k, variable in enumerate(step.jaxpr.outvars):
        kind = variable.aval.dtype.name
        arguments.append(f"y{k}")
        stores.append(f"y{k}[i] = {values[k]}")
        if k < n_carry:
            buffers.append(f"c{p}_{k}[start:stop]")
        elif circuit.is_kept[p][k - n_carry]:
            text.views.append(f"y{p}_{k} = rows(result(frame, {result}), piece, {kind})")
            buffers.append(f"y{p}_{k}[now, start:stop]")
            result += 1
        else:
            text.views.append(f"y{p}_{k} = np.empty({BLOCK}, {kind})")
            buffers.append(f"y{p}_{k}[: stop - start]")
    text.functions.append(
        _TICK.format(p=p, arguments=", ".join(arguments), body=_indented(loads + lines + stores, 8))
    )
    published = buffers[len(buffers) - len(step.ys)]
    kind = step.ys[0].aval.dtype.name
    text.views += [
        f"f{p} = np.empty({_size(p)}, np.int64)",
        f"v{p} = np.empty({_size(p)}, {kind})",
    ]
    inside = [
        f"stop = min(start + {BLOCK}, {_size(p)})",
        f"tick{p}({', '.join(buffers)})",
        *(f"clear({_row(circuit, p, a)}[start:stop])" for a in range(circuit.arrivals[p])),
        f"n{p} = find({published}, start, n{p}, f{p}, v{p})",
    ]
    if depth:
        inside += [
            f"if now >= ticks - {depth}:",
            f"    copy(g{p}[ticks - 1 - now, start:stop], {published})",
        ]
        text.begin += [
            f"for k in range(ticks, {depth}):",
            f"    copy(g{p}[k], h{p}[k - ticks])",
        ]
    text.tick += [f"n{p} = 0", f"for start in range(0, {_size(p)}, {BLOCK}):"]
    text.tick += [f"    {line}" for line in inside]
    deliveries = _deliveries(circuit, p, "now", 0)
    (text.tick if circuit.is_immediate else text.deliver).extend(deliveries)
    return result


def _row(circuit, p, arrival):
    return f"r{p}_{arrival}[now % {circuit.rows(p, arrival)}]"


def _deliveries(circuit, p, now, ago):
    """Return the calls that deliver what was found in an output of some ticks ago."""
    calls = []
    for w in circuit.from_source(p):
        wire = circuit.wires[w]
        ring, rows = f"r{wire.target}_{wire.arrival}", circuit.rows(wire.target, wire.arrival)
        what = f"f{p}, n{p}, v{p}, s{w}"
        if wire.ticks is None:
            calls.append(
                f"deliver_late({what}, b{w}, t{w}, w{w}, d{w}, {ring}, {now} % {rows}, {ago})"
            )
        elif wire.ticks >= ago:
            row = f"{ring}[({now} + {wire.ticks - ago}) % {rows}]"
            if wire.is_matrix:
                calls.append(f"deliver_rows({what}, w{w}, q{w}, {row})")
            else:
                calls.append(f"deliver({what}, b{w}, t{w}, w{w}, {row})")
    return calls


def _replay(circuit):
    """Return the lines that deliver what is still on its way when the run begins, oldest first."""
    lines = []
    for ago in range(max(circuit.depths), 0, -1):
        for p, depth in enumerate(circuit.depths):
            if ago <= depth and (calls := _deliveries(circuit, p, "0", ago)):
                lines += [f"n{p} = find(h{p}[{ago - 1}], 0, 0, f{p}, v{p})", *calls]
    return lines


def _arrival(circuit, p, arrival):
    step = circuit.steps[p]
    return step.jaxpr.invars[len(step.jaxpr.invars) - circuit.arrivals[p] + arrival]


def _size(p):
    return f"c{p}_0.size"


def _indented(lines, depth):
    return textwrap.indent("\n".join(lines) or "pass", " " * depth).lstrip()


@functools.cache
def _registered(text: str, operands: tuple, results: tuple) -> tuple[str, Any]:
    """Compile a source once; return its name for XLA and what must be kept alive."""
    functions = ("exp", "expm1", "log", "log1p", "tanh")
    names = {name: getattr(_kernel_math, name) for name in functions}
    called = ("row", "rows", "clear", "copy", "find", "deliver", "deliver_late", "deliver_rows")
    names |= {name: getattr(_circuit_delivery, name) for name in called}
    names |= {"math": math}
    digest = hashlib.sha256(repr((text, operands, results)).encode()).hexdigest()
    name = f"neuropil_circuit_{digest}"
    try:
        return name, _ffi.register(name, text, names, operands, results)
    except NumbaError as error:
        raise Untranslatable(str(error)) from error
