# pyright: reportAttributeAccessIssue=false
# (the values of a jaxpr are typed by what they are at run time)
"""The source of the kernel that runs back through a circuit.

In a tick, backwards, the cotangents of what each population published are gathered from what the
cotangents of arrivals have become known as, and the population takes its transposed step. Where a
spike's surrogate derivative is zero nothing passes, and nothing is gathered: that is known before.

Names: of population p, carry `cp_k`, params and xs `xp_i`, results `yp_k`, what came back `op`, to
which neurons it matters `mp`, cotangents of the past `hp`; of wire w, signs `sw`, first synapses
`bw`, targets `tw`, weights `ww`, delays `dw`.
"""

import functools
import operator
import textwrap

import jax
import jax.numpy as jnp

from . import _ffi
from ._circuit import Own
from ._circuit_back import Back
from ._jaxpr import is_variable, on_scalars, replay
from ._lowering import statements
from ._step import Step, trace

BLOCK = 2048

_LOOP = """
@vectorised()
def {name}({arguments}):
    for i in range({size}):
        {body}
"""

_KERNEL = """
def kernel(frame, piece):
    if piece == {count}:
        return result(frame, 0)[1][0]
    ticks = vector(operand(frame, 0)[0], 1, int32)[0]
    {views}
    for later in range(ticks):
        now = ticks - 1 - later
        {tick}
    {past}
    return 0
"""


@functools.lru_cache(maxsize=1024)
def passing(step: Step) -> Step | None:
    """Return the step whose one y tells whether anything depends on the last x, or None: it may."""
    params, _, xs = step.split(step.jaxpr.invars)
    *given, came = xs

    def reaches(params_, _, given_):
        still = {v: v.aval.dtype.type(0) for v in step.split(step.jaxpr.invars)[1]}
        known = still | dict(zip([*params, *given], [*params_, *given_], strict=True))

        def out(came_):
            return replay(step.jaxpr, known | {came: came_}, step.jaxpr.outvars, on_scalars)

        # The step is linear in x. Two of its values would differ by less than they are rounded.
        number = came.aval.dtype
        _, slopes = jax.jvp(out, (jnp.zeros((), number),), (jnp.ones((), number),))
        return [], [functools.reduce(operator.or_, [slope != 0 for slope in slopes])]

    found = trace(reaches, params, [], given)
    return found if is_variable(found.ys[0]) else None


def source(back: Back, common: tuple[bool, ...]) -> str:
    """Write the kernel; `common` marks operands with one number for all neurons.

    **Raises:** `Untranslatable`.
    """
    populations, wires = back.split(range(1, 1 + len(common)))
    functions, views, ticks, past, result = [], [], [], [], 0
    for p, own in enumerate(populations):
        is_common = {position: common[position - 1] for group in own for position in group}
        part = _Population(back, p, own, is_common, result)
        result = part.next_result
        functions += part.functions
        views += part.views
        ticks.append(part.tick)
        past += _past(back, p)
    for w, operands in enumerate(wires):
        views += _wire(back, w, operands)
    return "".join(functions) + _KERNEL.format(
        count=_ffi.COUNT,
        views=_indented(views, 4),
        tick=_indented(sum(reversed(ticks), []), 8),
        past=_indented(past, 4),
    )


class _Population:
    """What the source says of one population: functions, views, and the lines of a tick."""

    def __init__(self, back: Back, p: int, own: Own, is_common: dict, result: int):
        self.functions: list[str] = []
        self.views: list[str] = []
        step = back.steps[p]
        params, carry, xs = step.split(step.jaxpr.invars)
        names, passed, loads, inputs = [], [], [], []
        for i, (position, v) in enumerate(
            zip([*own.params, *own.xs], [*params, *xs[:-1]], strict=True)
        ):
            form, row = ("row", "") if i < len(params) else ("rows", "now, ")
            number = f"x{p}_{i}"
            kind = v.aval.dtype.name
            self.views.append(f"{number} = {form}(operand(frame, {position}), piece, {kind})")
            names.append(f"x{i}")
            passed.append(f"{number}[{row}{'0' if is_common[position] else 'start:stop'}]")
            inputs.append(f"x{i}" if is_common[position] else f"x{i}[i]")
        loads = [f"a{i} = {value}" for i, value in enumerate(inputs)]
        atoms = [f"a{i}" for i in range(len(inputs))]
        self._pass_mask(step, p, names, passed, loads, atoms)
        for k, v in enumerate(carry):
            kind = v.aval.dtype.name
            self.views += [
                f"c{p}_{k} = row(result(frame, {result + k}), piece, {kind})",
                f"copy(c{p}_{k}, row(operand(frame, {own.carry[k]}), piece, {kind}))",
            ]
        result += len(carry)
        if back.depths[p]:
            kind = xs[-1].aval.dtype.name
            self.views.append(f"h{p} = rows(result(frame, {result}), piece, {kind})")
            result += 1
        for k, v in enumerate(step.ys):
            kind = v.aval.dtype.name
            self.views.append(f"y{p}_{k} = rows(result(frame, {result + k}), piece, {kind})")
        self.next_result = result + len(step.ys)
        kind = xs[-1].aval.dtype.name
        self.views.append(f"o{p} = np.empty(c{p}_0.size, {kind})")
        self.views.append(f"m{p} = np.ones(c{p}_0.size, np.uint8)")
        results = [f"c{p}_{k}[start:stop]" for k in range(len(carry))]
        results += [f"y{p}_{k}[now, start:stop]" for k in range(len(step.ys))]
        outs = [f"y{k}" for k in range(len(results))]
        before = [f"y{k}[i]" for k in range(len(carry))]
        lines, values = statements(
            step, [*atoms[: len(params)], *before, *atoms[len(params) :], "came[i]"]
        )
        body = [*loads, *lines, *(f"z{k} = {value}" for k, value in enumerate(values))]
        body += [f"{out}[i] = z{k}" for k, out in enumerate(outs)]
        self._write(f"tick{p}", [*names, "came", *outs], "y0.size", body)
        call = ", ".join([*passed, f"o{p}[start:stop]", *results])
        self.tick = [
            *self.mask,
            f"clear(o{p})",
            *_gathers(back, p, f"o{p}", f"m{p}", "now"),
            f"for start in range(0, o{p}.size, {BLOCK}):",
            f"    stop = min(start + {BLOCK}, o{p}.size)",
            f"    tick{p}({call})",
        ]

    def _pass_mask(self, step, p, names, passed, loads, atoms):
        """Tell before a tick to which neurons it matters what comes back."""
        reach = passing(step)
        self.mask = []
        if reach is None:
            return
        lines, (value,) = statements(reach, atoms)
        body = [*loads, *lines, f"m[i] = {value}"]
        self._write(f"mask{p}", [*names, "m"], "m.size", body)
        self.mask = [
            f"for start in range(0, m{p}.size, {BLOCK}):",
            f"    stop = min(start + {BLOCK}, m{p}.size)",
            f"    mask{p}({', '.join([*passed, f'm{p}[start:stop]'])})",
        ]

    def _write(self, name, arguments, size, lines):
        body = _indented(lines, 8)
        self.functions.append(
            _LOOP.format(name=name, arguments=", ".join(arguments), size=size, body=body)
        )


def _gathers(back, p, out, mask, now):
    """Return the calls that gather what comes back to a population at a tick."""
    calls, kind = [], back.steps[p].jaxpr.invars[-1].aval.dtype.name
    for w in back.from_source(p):
        wire = back.wires[w]
        later = f"y{wire.target}_{back.arrivals[wire.target][wire.arrival]}"
        to = f"{out}, {mask}, {kind}(0), s{w}"
        if wire.ticks is None:
            calls.append(f"gather_late({to}, b{w}, t{w}, w{w}, d{w}, {later}, {now})")
            continue
        row = f"{later}[{now} + {wire.ticks}]"
        calls.append(f"if 0 <= {now} + {wire.ticks} < ticks:")
        what = f"w{w}, {row}" if wire.is_matrix else f"b{w}, t{w}, w{w}, {row}"
        calls.append(f"    gather{'_rows' if wire.is_matrix else ''}({to}, {what})")
    return calls


def _past(back, p):
    """Return the lines that gather what comes back to the outputs before the run."""
    lines = []
    if back.depths[p]:
        lines = [f"m{p}[:] = 1", f"for ago in range(1, {back.depths[p] + 1}):"]
        lines.append(f"    clear(h{p}[ago - 1])")
        gathers = _gathers(back, p, f"h{p}[ago - 1]", f"m{p}", "(0 - ago)")
        lines += [f"    {line}" for line in gathers]
    return lines


def _wire(back, w, operands):
    """View signs, starts, targets, weights and delays of a wire."""
    wire = back.wires[w]
    signs, *lists, weight = operands if wire.ticks is not None else operands[:-1]
    kind = back.steps[wire.source].jaxpr.invars[-1].aval.dtype.name
    step = back.steps[wire.target]
    number = step.ys[back.arrivals[wire.target][wire.arrival]].aval.dtype.name
    form = "rows" if wire.is_matrix else "row"
    views = [
        f"s{w} = row(operand(frame, {signs}), piece, {kind})",
        f"w{w} = {form}(operand(frame, {weight}), piece, {number})",
    ]
    for name, position in zip("bt", lists, strict=False):
        views.append(f"{name}{w} = row(operand(frame, {position}), piece, int32)")
    if wire.ticks is None:
        views.append(f"d{w} = row(operand(frame, {operands[-1]}), piece, int32)")
    return views


def _indented(lines, depth):
    return textwrap.indent("\n".join(lines) or "pass", " " * depth).lstrip()
