# pyright: reportAttributeAccessIssue=false
# (the values of a jaxpr are typed by what they are at run time)
"""The source of a circuit's kernel.

In a tick each population takes its step, then what was published is added to the rings of its
targets. A team of threads shares this (see `_team`): a part is some neurons of each population,
from `ip` to `ep`, which step and to which is delivered. So each sum has one order, for any number
of threads. Only what is published goes from part to part. Therefore what follows a step, up to the
end of the next step, is one epoch: the delivery of a tick's last step and the first step of the
next tick. What is published is listed twice, for even and odd ticks, since the lists of a tick are
read while those of the next are written.

Names: of population p, carry `cp_k`, params and xs `xp_i`, rings `rp_a` and their rows of now
`zp_a`, results `yp_k`, history before `hp` and after `gp`, what was published in a tick `vp[tick %
2]` by which neurons `fp[tick % 2]`, those of part q up to `np[tick % 2, q]`, and all of that as
each thread joins it, `avp` and `afp`; of wire w, signs `sw`, first synapses `bw`, targets `tw`,
weights `ww`, delays `dw`, room for a number per source `qw`.
"""

import textwrap
from collections.abc import Sequence
from typing import Any, NamedTuple

from . import _ffi
from ._circuit import Circuit, Own
from ._circuit_step import arrival_of, row_of_now, size_of, step_by_blocks
from ._team import MOST_SEATS

NEURONS = 4000  # for each thread, below which meeting others takes longer than the work

_KERNEL = """
def kernel(frame, piece, shared):
    samples = result(frame, 0)[1][0]
    if piece == {count}:
        return pieces(samples, ({neurons}) // {worth}, shared)
    sample, seat, seats = place(samples, piece, shared)
    ticks = vector(operand(frame, 0)[0], 1, int32)[0]
    {views}
    epoch = 0
    {begin}
    for now in range(ticks):
        {tick}
    return 0
"""

_EPOCH = """part = take(shared, epoch, seat, seats)
while part >= 0:
    {work}
    part = another(shared, epoch, seat, seats)
epoch += 1
"""


class Scratch(NamedTuple):
    """A buffer for all threads, a result that nobody reads: its shape for a sample, and its type.

    The size of its population stands last, or how many threads there can be.
    """

    shape: tuple[int, ...]
    dtype: Any


def scratch(circuit: Circuit, sizes: Sequence[int]) -> list[Scratch]:
    """Return per population its rings, who published, what, and the ends of the parts' lists."""
    found = []
    for p, size in enumerate(sizes):
        for a in range(circuit.arrivals[p]):
            rows = circuit.rows(p, a)
            found.append(Scratch((rows, size), arrival_of(circuit, p, a).aval.dtype))
        found += [Scratch((2, size), "int32"), Scratch((2, size), _published(circuit, p))]
        found.append(Scratch((2, MOST_SEATS), "int32"))
    return found


def source(circuit: Circuit, common: tuple[bool, ...]) -> str:
    """Write the kernel of a circuit; `common` marks operands with one number for all neurons.

    Its results are those of the reference, then those of `scratch`.

    **Raises:** `Untranslatable`.
    """
    numbers = range(len(circuit.steps))
    populations, wires = circuit.split(range(1, 1 + len(common)))
    functions, views, begin, steps, first, result = [], [], [], [], [], 0
    for p, own in enumerate(populations):
        first.append(result)
        result = _view_states(views, begin, circuit, p, own, result)
        is_common = {position: common[position - 1] for group in own for position in group}
        function, own_views, step, result = step_by_blocks(circuit, p, own, is_common, result)
        functions.append(function)
        views += own_views
        steps.append(step)
    for p in numbers:
        result = _view_scratch(views, begin, circuit, p, result)
    for w, operands in enumerate(wires):
        views += _wire(circuit, w, operands)
    rings = [(p, a) for p in numbers for a in range(circuit.arrivals[p])]
    return "".join(functions) + _KERNEL.format(
        count=_ffi.COUNT,
        worth=NEURONS,
        neurons=" + ".join(f"result(frame, {k})[1][1]" for k in first),
        views=_indented(views, 4),
        begin=_indented(_epochs(circuit, [begin + _replay(circuit)]), 4),
        tick=_indented(
            [row_of_now(*ring) for ring in rings] + _epochs(circuit, _in_turn(circuit, steps)), 8
        ),
    )


def _in_turn(circuit, steps):
    """Return the work of each epoch of a tick: to deliver what the last one published, and step."""
    numbers = range(len(steps))
    stages = [[p] for p in numbers] if circuit.is_immediate else [[*numbers]]
    late = sum((_deliveries(circuit, p, "(now - 1)") for p in stages[-1]), [])
    works = [["if now > 0:", textwrap.indent("\n".join(late), "    ")] if late else []]
    works += [sum((_deliveries(circuit, p, "now") for p in stage), []) for stage in stages[:-1]]
    return [sum((steps[p] for p in s), work) for work, s in zip(works, stages, strict=True)]


def _epochs(circuit, works):
    """Return the lines of epochs that follow each other; where there is no work, there is none."""
    bounds = [
        f"{name}{p} = share({size_of(p)}, part{offset}, seats)"
        for p in range(len(circuit.steps))
        for name, offset in (("i", ""), ("e", " + 1"))
    ]
    return [_EPOCH.format(work=_indented([*bounds, *work], 4)) for work in works if work]


def _view_states(views, begin, circuit, p, own: Own, result) -> int:
    """View the carry, and past outputs before and after; keep what is not too old of those."""
    for k, variable in enumerate(circuit.steps[p].carry_out):
        kind = variable.aval.dtype.name
        views.append(f"c{p}_{k} = row(result(frame, {result}), sample, {kind})")
        views.append(f"o{p}_{k} = row(operand(frame, {own.carry[k]}), sample, {kind})")
        begin.append(f"copy(c{p}_{k}[i{p}:e{p}], o{p}_{k}[i{p}:e{p}])")
        result += 1
    if not circuit.depths[p]:
        return result
    kind = _published(circuit, p)
    views += [
        f"h{p} = rows(operand(frame, {own.history[0]}), sample, {kind})",
        f"g{p} = rows(result(frame, {result}), sample, {kind})",
    ]
    begin += [
        f"for k in range(ticks, g{p}.shape[0]):",
        f"    copy(g{p}[k, i{p}:e{p}], h{p}[k - ticks, i{p}:e{p}])",
    ]
    return result + 1


def _view_scratch(views, begin, circuit, p, result) -> int:
    for a in range(circuit.arrivals[p]):
        kind = arrival_of(circuit, p, a).aval.dtype.name
        views.append(f"r{p}_{a} = rows(result(frame, {result}), sample, {kind})")
        begin += [
            f"for k in range(r{p}_{a}.shape[0]):",
            f"    clear(r{p}_{a}[k, i{p}:e{p}])",
        ]
        result += 1
    views += [
        f"f{p} = rows(result(frame, {result}), sample, int32)",
        f"v{p} = rows(result(frame, {result + 1}), sample, {_published(circuit, p)})",
        f"n{p} = rows(result(frame, {result + 2}), sample, int32)",
    ]
    if circuit.from_source(p):
        views.append(f"af{p} = np.empty({size_of(p)}, np.int32)")
        views.append(f"av{p} = np.empty({size_of(p)}, {_published(circuit, p)})")
    return result + 3


def _wire(circuit, w, operands):
    """View signs, starts, targets, weights and delays of a wire."""
    wire = circuit.wires[w]
    signs, *lists, weight = operands if wire.ticks is not None else operands[:-1]
    number = arrival_of(circuit, wire.target, wire.arrival).aval.dtype.name
    views = [f"s{w} = row(operand(frame, {signs}), sample, {_published(circuit, wire.source)})"]
    if wire.is_matrix:
        views.append(f"w{w} = rows(operand(frame, {weight}), sample, {number})")
        views.append(f"q{w} = np.empty(w{w}.shape[0], {number})")
    else:
        starts, targets = lists
        views += [
            f"b{w} = row(operand(frame, {starts}), sample, int32)",
            f"t{w} = row(operand(frame, {targets}), sample, int32)",
            f"w{w} = row(operand(frame, {weight}), sample, {number})",
        ]
    if wire.ticks is None:
        views.append(f"d{w} = row(operand(frame, {operands[-1]}), sample, int32)")
    return views


def _deliveries(circuit, p, tick):
    """Return the lines that deliver what a population published in a tick."""
    calls, published = _calls(circuit, p, tick, "0"), (f"{name}{p}[{tick} % 2]" for name in "fvn")
    found = f"last = join({', '.join(published)}, seats, af{p}, av{p})"
    return [found, *calls] if calls else []


def _replay(circuit):
    """Return the lines that deliver what is still on its way when the run begins, oldest first."""
    lines = []
    for p, depth in enumerate(circuit.depths):
        if depth and (calls := _calls(circuit, p, "0", "ago")):
            found = f"last = find(h{p}[ago - 1], int64(0), int64(0), af{p}, av{p})"
            lines += [
                f"if ago <= h{p}.shape[0]:",
                textwrap.indent("\n".join([found, *calls]), "    "),
            ]
    oldest = ", ".join(f"h{p}.shape[0]" for p, depth in enumerate(circuit.depths) if depth)
    loop = f"for ago in range(max(({oldest},)), 0, -1):"
    return [loop, textwrap.indent("\n".join(lines), "    ")] if lines else []


def _calls(circuit, p, now, ago):
    """Return the calls that deliver what was found in an output of some ticks ago."""
    calls, found = [], f"af{p}[:last], av{p}[:last]"
    for w in circuit.from_source(p):
        wire = circuit.wires[w]
        ring, to = f"r{wire.target}_{wire.arrival}", f"i{wire.target}, e{wire.target}"
        what = f"{found}, s{w}"
        if wire.ticks is None:
            late = f"{wire.is_sorted}, d{w}, {ring}, {now} % {ring}.shape[0], {ago}, {to}"
            calls.append(f"deliver_late({what}, b{w}, t{w}, w{w}, {late})")
            continue
        row = f"{ring}[({now} + {wire.ticks} - {ago}) % {ring}.shape[0]]"
        lists = f"w{w}, q{w}" if wire.is_matrix else f"b{w}, t{w}, w{w}, {wire.is_sorted}"
        deliver = "deliver_rows" if wire.is_matrix else "deliver"
        call = f"{deliver}({what}, {lists}, {row}, {to})"
        calls.append(call if ago == "0" else f"if {wire.ticks} >= {ago}:\n    {call}")
    return calls


def _published(circuit, p):
    """Return the type of what a population publishes."""
    return circuit.steps[p].ys[0].aval.dtype.name


def _indented(lines, depth):
    return textwrap.indent("\n".join(lines) or "pass", " " * depth).lstrip()
