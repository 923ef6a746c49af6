"""The source of one population's step within a circuit's kernel.

The step is taken block by block: large circuits are bound by memory, so everything that is done to
a neuron is done while its block is in the nearest cache.
"""

import textwrap
from collections.abc import Mapping

from ._circuit import Circuit, Own
from ._lowering import statements

BLOCK = 2048

_TICK = """
@vectorised()
def tick{p}({arguments}):
    for i in range(y0.size):
        {body}
"""


class _Call:
    """The call of a step while it is written: names inside, what is passed, statements, views."""

    def __init__(self):
        self.arguments: list[str] = []
        self.passed: list[str] = []
        self.loads: list[str] = []
        self.views: list[str] = []

    def add(self, name: str, passed: str) -> None:
        """Pass something under a name."""
        self.arguments.append(name)
        self.passed.append(passed)


def step_by_blocks(
    circuit: Circuit, p: int, own: Own, is_common: Mapping[int, bool], result: int
) -> tuple[str, list[str], list[str], int]:
    """Return the function of a step, views, the lines that step a part, the next result's number.

    **Raises:** `Untranslatable`.
    """
    step = circuit.steps[p]
    call = _Call()
    _pass_inputs(call, circuit, p, own, is_common)
    result = _pass_results(call, circuit, p, result)
    lines, values = statements(step, [f"a{i}" for i in range(len(step.jaxpr.invars))])
    stores = [f"y{k}[i] = {value}" for k, value in enumerate(values)]
    body = textwrap.indent("\n".join([*call.loads, *lines, *stores]), " " * 8).lstrip()
    function = _TICK.format(p=p, arguments=", ".join(call.arguments), body=body)
    published = call.passed[len(call.passed) - len(step.ys)]
    return function, call.views, _blocks(circuit, p, call.passed, published), result


def _blocks(circuit, p, passed, published):
    """Step each block of a part, clear its arrivals, and list what it publishes."""
    inside = [
        f"stop = min(start + {BLOCK}, e{p})",
        f"tick{p}({', '.join(passed)})",
        *(f"clear(z{p}_{a}[start:stop])" for a in range(circuit.arrivals[p])),
        f"last = find({published}, start, last, f{p}[now % 2], v{p}[now % 2])",
    ]
    if circuit.depths[p]:
        inside.append(f"if now >= ticks - g{p}.shape[0]:")
        inside.append(f"    copy(g{p}[ticks - 1 - now, start:stop], {published})")
    return [
        f"last = i{p}",
        f"for start in range(i{p}, e{p}, {BLOCK}):",
        *(f"    {line}" for line in inside),
        f"n{p}[now % 2, part] = last",
    ]


def _pass_inputs(call, circuit, p, own, is_common) -> None:
    """Pass params, xs of now and arrivals of now; the carry is read where it is written."""
    step = circuit.steps[p]
    params, carry, xs = step.split(step.jaxpr.invars)
    n_own = len(xs) - circuit.arrivals[p]
    for i, variable in enumerate(params):
        where = "0" if is_common[own.params[i]] else "start:stop"
        call.views.append(_view("row", f"x{p}_{i}", own.params[i], variable))
        call.add(f"x{i}", f"x{p}_{i}[{where}]")
        call.loads.append(_load(i, is_common[own.params[i]]))
    call.loads += [f"a{len(params) + k} = y{k}[i]" for k in range(len(carry))]
    for k, variable in enumerate(xs):
        i = len(params) + len(carry) + k
        if k < n_own:
            where = "0" if is_common[own.xs[k]] else "start:stop"
            call.views.append(_view("rows", f"x{p}_{i}", own.xs[k], variable))
            call.add(f"x{i}", f"x{p}_{i}[now, {where}]")
            call.loads.append(_load(i, is_common[own.xs[k]]))
        else:
            call.add(f"x{i}", f"z{p}_{k - n_own}[start:stop]")
            call.loads.append(_load(i, False))


def _view(form, name, operand, variable):
    return f"{name} = {form}(operand(frame, {operand}), sample, {variable.aval.dtype.name})"


def _load(i, is_common):
    return f"a{i} = x{i}" if is_common else f"a{i} = x{i}[i]"


def _pass_results(call, circuit, p, result) -> int:
    """Pass where the carry and the ys are written: a row of a result, or a block for nobody."""
    step = circuit.steps[p]
    for k in range(step.n_carry):
        call.add(f"y{k}", f"c{p}_{k}[start:stop]")
    for k, (variable, is_kept) in enumerate(zip(step.ys, circuit.is_kept[p], strict=True)):
        name, kind = f"y{p}_{k}", variable.aval.dtype.name
        if is_kept:
            call.views.append(f"{name} = rows(result(frame, {result}), sample, {kind})")
            call.add(f"y{step.n_carry + k}", f"{name}[now, start:stop]")
            result += 1
        else:
            call.views.append(f"{name} = np.empty({BLOCK}, {kind})")
            call.add(f"y{step.n_carry + k}", f"{name}[: stop - start]")
    return result


def row_of_now(p: int, arrival: int) -> str:
    """Return the line that finds the row of a ring that holds what arrives now."""
    return f"z{p}_{arrival} = r{p}_{arrival}[now % r{p}_{arrival}.shape[0]]"


def arrival_of(circuit: Circuit, p: int, arrival: int):
    """Return the variable of a step that stands for an arrival."""
    step = circuit.steps[p]
    return step.jaxpr.invars[len(step.jaxpr.invars) - circuit.arrivals[p] + arrival]


def size_of(p: int) -> str:
    """Return the name of a population's size."""
    return f"c{p}_0.size"
