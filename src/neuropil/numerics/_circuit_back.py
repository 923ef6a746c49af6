# pyright: reportAttributeAccessIssue=false
# (the values of a jaxpr are typed by what they are at run time)
"""The way back through a circuit: what its transpose means.

Time runs backwards, and so do the wires: the cotangent of what a population published is gathered,
over the synapses of each of its neurons, from the cotangents of what arrived, as many ticks later
as the synapse takes. Axes, wires and operands are those of a circuit.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import jax
import jax.numpy as jnp

from ._circuit import Own, Wire, _sources, _take
from ._jaxpr import on_arrays, replay
from ._step import Step


@dataclass(frozen=True)
class Back:
    """Transposed steps, the wires as they are forwards, and how far the past reaches.

    The last x of step p is the cotangent of what p published; `arrivals[p]` are the positions,
    among its ys, of the cotangents of what arrived.
    """

    steps: tuple[Step, ...]
    wires: tuple[Wire, ...]
    arrivals: tuple[tuple[int, ...], ...]
    depths: tuple[int, ...]

    def from_source(self, population: int) -> list[int]:
        """Return the wires that start at a population, forwards."""
        return [w for w, wire in enumerate(self.wires) if wire.source == population]

    def longest(self, population: int, arrival: int) -> int:
        """Return the longest delay of what arrives."""
        own = (population, arrival)
        return max(w.longest for w in self.wires if (w.target, w.arrival) == own)

    def split(self, operands: Iterable) -> tuple[list[Own], list[list]]:
        """Return the operands by population, without a history, and by wire."""
        left = iter(operands)
        populations = [
            Own(
                _take(left, step.n_params),
                _take(left, step.n_carry),
                _take(left, len(step.jaxpr.invars) - step.n_params - step.n_carry - 1),
                [],
            )
            for step in self.steps
        ]
        return populations, [_take(left, wire.n_operands) for wire in self.wires]


def reference(*operands: jax.Array, back: Back, length: int) -> list[jax.Array]:
    """Run all ticks; return per population the carry, the cotangent of the history, and the ys."""
    samples = max(v.shape[0] for v in operands)
    axes = [0 if v.shape[0] == samples else None for v in operands]
    shared = [v if axis == 0 else v[0] for v, axis in zip(operands, axes, strict=True)]

    def sample(*operands):
        return _one_sample(back, length, *back.split(operands))

    return jax.vmap(sample, axes, axis_size=samples)(*shared)


def _one_sample(back, length, populations, wires):
    numbers = range(len(back.steps))
    sizes = [own.carry[0].shape[-1] for own in populations]
    kinds = [step.jaxpr.invars[-1].aval.dtype for step in back.steps]
    synapses = [_sources(wire, *given) for wire, given in zip(back.wires, wires, strict=True)]

    def gathered(p, rows, ago=0):
        total = jnp.zeros(sizes[p], kinds[p])
        for w in back.from_source(p):
            wire = back.wires[w]
            found = rows(wire.target, wire.arrival)
            total = total + _gathered(wire, found, sizes[p], *synapses[w], ago)
        return total

    def tick(state, xs):
        carries, windows = state
        after, ys_of_all, now = [[] for _ in numbers], [[] for _ in numbers], {}

        def rows(q, arrival):
            window = windows[q][arrival]
            newest = now.get((q, arrival), jnp.zeros_like(window[0]))
            return jnp.concatenate([newest[None], window])

        for p in reversed(numbers):
            step, own = back.steps[p], populations[p]
            inputs = [*own.params, *carries[p], *xs[p], gathered(p, rows)]
            known = dict(zip(step.jaxpr.invars, inputs, strict=True))
            out = replay(step.jaxpr, known, step.jaxpr.outvars, on_arrays)
            out = [jnp.broadcast_to(value, sizes[p]) for value in out]
            after[p], ys_of_all[p] = out[: step.n_carry], out[step.n_carry :]
            now |= {(p, a): ys_of_all[p][y] for a, y in enumerate(back.arrivals[p])}
        windows = [
            [jnp.concatenate([now[p, a][None], w[:-1]]) for a, w in enumerate(own)]
            for p, own in enumerate(windows)
        ]
        return (after, windows), ys_of_all

    windows = [
        [
            jnp.zeros((max(1, back.longest(p, a)), sizes[p]), back.steps[p].ys[y].aval.dtype)
            for a, y in enumerate(back.arrivals[p])
        ]
        for p in numbers
    ]
    carry, xs = [own.carry for own in populations], [own.xs for own in populations]
    (carries, windows), ys = jax.lax.scan(tick, (carry, windows), xs, length=length, reverse=True)
    past = [
        [jnp.stack([gathered(p, lambda q, a: windows[q][a], k + 1) for k in range(depth)])]
        if depth
        else []
        for p, depth in enumerate(back.depths)
    ]
    return [value for own in zip(carries, past, ys, strict=True) for part in own for value in part]


def _gathered(wire, rows, size, signs, sources, targets, weight, ticks, ago):
    """Return what comes back over a wire; row d is what arrived d ticks later, less those ago."""
    late = ticks - ago
    if wire.ticks is not None and not 0 <= late < rows.shape[0]:
        return jnp.zeros(size, rows.dtype)
    if wire.is_matrix:
        return signs * (weight @ rows[late])
    if wire.ticks is not None:
        seen = rows[late, targets]
    else:
        seen = jnp.where(late >= 0, rows[jnp.maximum(late, 0), targets], 0.0)
    return signs * jnp.zeros(size, rows.dtype).at[sources].add(weight * seen)
