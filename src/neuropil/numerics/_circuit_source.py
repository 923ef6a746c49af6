"""The source of a circuit's kernel.

In a tick each population takes its step, block by block: large circuits are bound by memory, so
everything that is done to a neuron is done while its block is in the nearest cache. Then what was
published is added to the rings of its targets.

Names: of population p, carry `cp_k`, params and xs `xp_i`, rings `rp_a`, results `yp_k`, history
before `hp` and after `gp`, what was published `vp` by which `np` neurons `fp`; of wire w, signs
`sw`, first synapses `bw`, targets `tw`, weights `ww`, delays `dw`.
"""

import textwrap

from . import _ffi
from ._circuit import Circuit, Own
from ._lowering import statements

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


class _Call:
    """The call of a step while it is written: names inside, what is passed, statements."""

    def __init__(self):
        self.arguments: list[str] = []
        self.passed: list[str] = []
        self.loads: list[str] = []

    def add(self, name: str, passed: str) -> None:
        """Pass something under a name."""
        self.arguments.append(name)
        self.passed.append(passed)


def _add_population(text, circuit, p, own: Own, is_common, result) -> int:
    """Add the step of a population and what it publishes; return the number of its next result."""
    step = circuit.steps[p]
    for k, variable in enumerate(step.carry_out):
        kind = variable.aval.dtype.name
        text.views.append(f"c{p}_{k} = row(result(frame, {result + k}), piece, {kind})")
        text.begin.append(f"copy(c{p}_{k}, row(operand(frame, {own.carry[k]}), piece, {kind}))")
    result = _view_past(text, circuit, p, own, result + step.n_carry)
    call = _Call()
    _pass_inputs(call, text, circuit, p, own, is_common)
    result = _pass_results(call, text, circuit, p, result)
    lines, values = statements(step, [f"a{i}" for i in range(len(step.jaxpr.invars))])
    stores = [f"y{k}[i] = {value}" for k, value in enumerate(values)]
    body = _indented([*call.loads, *lines, *stores], 8)
    text.functions.append(_TICK.format(p=p, arguments=", ".join(call.arguments), body=body))
    _step_by_blocks(text, circuit, p, call.passed)
    deliveries = _deliveries(circuit, p, "now", 0)
    (text.tick if circuit.is_immediate else text.deliver).extend(deliveries)
    return result


def _view_past(text, circuit, p, own, result) -> int:
    """View past outputs before and after the run; keep of those before what is not too old."""
    depth, kind = circuit.depths[p], circuit.steps[p].ys[0].aval.dtype.name
    if not depth:
        return result
    text.views += [
        f"h{p} = rows(operand(frame, {own.history[0]}), piece, {kind})",
        f"g{p} = rows(result(frame, {result}), piece, {kind})",
    ]
    text.begin += [f"for k in range(ticks, {depth}):", f"    copy(g{p}[k], h{p}[k - ticks])"]
    return result + 1


def _pass_inputs(call, text, circuit, p, own, is_common) -> None:
    """Pass params, xs of now and arrivals of now; the carry is read where it is written."""
    step = circuit.steps[p]
    params, carry, xs = step.split(step.jaxpr.invars)
    n_own = len(xs) - circuit.arrivals[p]
    for i, variable in enumerate(params):
        where = "0" if is_common[own.params[i]] else "start:stop"
        text.views.append(_view("row", f"x{p}_{i}", own.params[i], variable))
        call.add(f"x{i}", f"x{p}_{i}[{where}]")
        call.loads.append(_load(i, is_common[own.params[i]]))
    call.loads += [f"a{len(params) + k} = y{k}[i]" for k in range(len(carry))]
    for k, variable in enumerate(xs):
        i = len(params) + len(carry) + k
        if k < n_own:
            where = "0" if is_common[own.xs[k]] else "start:stop"
            text.views.append(_view("rows", f"x{p}_{i}", own.xs[k], variable))
            call.add(f"x{i}", f"x{p}_{i}[now, {where}]")
            call.loads.append(_load(i, is_common[own.xs[k]]))
        else:
            arrival, kind = k - n_own, variable.aval.dtype.name
            shape = f"({circuit.rows(p, arrival)}, {_size(p)})"
            text.views.append(f"r{p}_{arrival} = np.zeros({shape}, {kind})")
            call.add(f"x{i}", f"{_row(circuit, p, arrival)}[start:stop]")
            call.loads.append(_load(i, False))


def _view(form, name, operand, variable):
    return f"{name} = {form}(operand(frame, {operand}), piece, {variable.aval.dtype.name})"


def _load(i, is_common):
    return f"a{i} = x{i}" if is_common else f"a{i} = x{i}[i]"


def _pass_results(call, text, circuit, p, result) -> int:
    """Pass where the carry and the ys are written: a row of a result, or a block for nobody."""
    step = circuit.steps[p]
    for k in range(step.n_carry):
        call.add(f"y{k}", f"c{p}_{k}[start:stop]")
    for k, (variable, is_kept) in enumerate(zip(step.ys, circuit.is_kept[p], strict=True)):
        name, kind = f"y{p}_{k}", variable.aval.dtype.name
        if is_kept:
            text.views.append(f"{name} = rows(result(frame, {result}), piece, {kind})")
            call.add(f"y{step.n_carry + k}", f"{name}[now, start:stop]")
            result += 1
        else:
            text.views.append(f"{name} = np.empty({BLOCK}, {kind})")
            call.add(f"y{step.n_carry + k}", f"{name}[: stop - start]")
    return result


def _step_by_blocks(text, circuit, p, passed) -> None:
    """Step each block of neurons, clear its arrivals, and list what it publishes."""
    step, depth = circuit.steps[p], circuit.depths[p]
    published = passed[len(passed) - len(step.ys)]
    text.views += [
        f"f{p} = np.empty({_size(p)}, np.int64)",
        f"v{p} = np.empty({_size(p)}, {step.ys[0].aval.dtype.name})",
    ]
    inside = [
        f"stop = min(start + {BLOCK}, {_size(p)})",
        f"tick{p}({', '.join(passed)})",
        *(f"clear({_row(circuit, p, a)}[start:stop])" for a in range(circuit.arrivals[p])),
        f"n{p} = find({published}, start, n{p}, f{p}, v{p})",
    ]
    if depth:
        inside.append(f"if now >= ticks - {depth}:")
        inside.append(f"    copy(g{p}[ticks - 1 - now, start:stop], {published})")
    text.tick += [f"n{p} = 0", f"for start in range(0, {_size(p)}, {BLOCK}):"]
    text.tick += [f"    {line}" for line in inside]


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
