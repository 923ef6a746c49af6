# pyright: reportAttributeAccessIssue=false
# (the values of a jaxpr are typed by what they are at run time)
"""Populations that feed each other through listed synapses: what a run of them means.

Everything here has one axis of samples in front, of length 1 where all samples share it. A *wire*
carries what one population publishes to an arrival of another, each synapse after its own delay.
Arrivals that are still on their way are rows of a *ring*: row d is what arrives d ticks from now.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from ._jaxpr import on_arrays, replay
from ._scan_ticks import scan_ticks
from ._step import Step


class Synapses(NamedTuple):
    """Synapses one by one, those of a source neuron side by side.

    Those of source i are the entries from `starts[i]` to `starts[i + 1]`. `ticks` are their
    delays, or the one delay of all. Where `starts` and `targets` are None, every source reaches
    every target, and `weight` is a matrix. `is_sorted` tells that the targets of a source never
    descend.
    """

    starts: Int[Array, " source+1"] | None
    targets: Int[Array, " synapse"] | None
    weight: Float[Array, " synapse"] | Float[Array, "source target"]
    ticks: Int[Array, " synapse"] | int
    is_sorted: bool = False


@dataclass(frozen=True)
class Wire:
    """Which arrival of which population receives from which; `ticks` is None if each has its own.

    `shortest` and `longest` are the delays between which all lie; `is_sorted` as in `Synapses`.
    """

    source: int
    target: int
    arrival: int
    ticks: int | None
    shortest: int
    longest: int
    is_matrix: bool
    is_sorted: bool = False

    @property
    def n_operands(self) -> int:
        """Signs and weights; starts and targets; delays."""
        return 2 + 2 * (not self.is_matrix) + (self.ticks is None)


@dataclass(frozen=True)
class Circuit:
    """What does not change: steps for one neuron, wires, and how many past outputs are kept.

    The last `arrivals[p]` xs of step p come from inside; its first y is what it publishes.
    `is_kept` tells for each y whether it is a result.
    """

    steps: tuple[Step, ...]
    wires: tuple[Wire, ...]
    arrivals: tuple[int, ...]
    depths: tuple[int, ...]
    is_kept: tuple[tuple[bool, ...], ...]

    def from_source(self, population: int) -> list[int]:
        """Return the wires that start at a population."""
        return [w for w, wire in enumerate(self.wires) if wire.source == population]

    @property
    def is_immediate(self) -> bool:
        """Whether something arrives in the tick in which it is published."""
        return any(wire.shortest == 0 for wire in self.wires)

    def rows(self, population: int, arrival: int) -> int:
        """Return how many rows a ring needs: one for now, unless it is free when it is needed."""
        own = (population, arrival)
        longest = max(w.longest for w in self.wires if (w.target, w.arrival) == own)
        return longest + self.is_immediate

    def split(self, operands: Iterable) -> tuple[list["Own"], list[list]]:
        """Return the operands by population and by wire."""
        left = iter(operands)
        populations = [
            Own(
                _take(left, step.n_params),
                _take(left, step.n_carry),
                _take(left, len(step.jaxpr.invars) - step.n_params - step.n_carry - inside),
                _take(left, depth > 0),
            )
            for step, inside, depth in zip(self.steps, self.arrivals, self.depths, strict=True)
        ]
        return populations, [_take(left, wire.n_operands) for wire in self.wires]


class Own(NamedTuple):
    """The operands of one population; `history`, newest first, where it keeps any."""

    params: list
    carry: list
    xs: list
    history: list


def _take(left: Iterator, count: int) -> list:
    return [next(left) for _ in range(count)]


def reference(
    *operands: Array, circuit: Circuit, length: int, apply: Callable = on_arrays
) -> list[Array]:
    """Run all ticks; return per population the carry, the history and the ys that are kept."""
    samples = max(v.shape[0] for v in operands)
    axes = [0 if v.shape[0] == samples else None for v in operands]
    shared = [v if axis == 0 else v[0] for v, axis in zip(operands, axes, strict=True)]

    def sample(*operands):
        return _one_sample(circuit, length, apply, *circuit.split(operands))

    return jax.vmap(sample, axes, axis_size=samples)(*shared)


def _one_sample(circuit, length, apply, populations, wires):
    sizes = [max(v.shape[-1] for v in [*own.params, *own.carry]) for own in populations]
    synapses = [_sources(wire, *given) for wire, given in zip(circuit.wires, wires, strict=True)]

    def deliver(rings, p, output, ago=0):
        for w in circuit.from_source(p):
            wire = circuit.wires[w]
            ring = rings[wire.target][wire.arrival]
            rings[wire.target][wire.arrival] = _delivered(wire, ring, output, *synapses[w], ago)

    def tick(state, xs):
        carries, rings, histories = state
        rings = [list(own) for own in rings]
        after, ys_of_all = [], []
        for p, step in enumerate(circuit.steps):
            arriving = [ring[0] for ring in rings[p]]
            inputs = [*populations[p].params, *carries[p], *xs[p], *arriving]
            known = dict(zip(step.jaxpr.invars, inputs, strict=True))
            out = replay(step.jaxpr, known, step.jaxpr.outvars, apply)
            out = [jnp.broadcast_to(value, sizes[p]) for value in out]
            after.append(out[: step.n_carry])
            ys_of_all.append(out[step.n_carry :])
            deliver(rings, p, ys_of_all[p][0])
        rings = [[jnp.concatenate([r[1:], jnp.zeros_like(r[:1])]) for r in own] for own in rings]
        histories = [
            [jnp.concatenate([ys[0][None].astype(h.dtype), h[:-1]]) for h in own]
            for own, ys in zip(histories, ys_of_all, strict=True)
        ]
        return (after, rings, histories), ys_of_all

    rings = [
        [jnp.zeros((1 + circuit.rows(p, a), sizes[p]), x.aval.dtype) for a, x in enumerate(xs)]
        for p, xs in enumerate(map(_arriving, circuit.steps, circuit.arrivals))
    ]
    for ago in range(max(circuit.depths), 0, -1):
        for p, own in enumerate(populations):
            if ago <= circuit.depths[p]:
                deliver(rings, p, own.history[0][ago - 1], ago)
    state = [own.carry for own in populations], rings, [own.history for own in populations]
    xs = [own.xs for own in populations]
    (carries, _, histories), ys = scan_ticks(tick, state, xs, length)
    kept = [
        [y for y, flag in zip(own, flags, strict=True) if flag]
        for own, flags in zip(ys, circuit.is_kept, strict=True)
    ]
    per_population = zip(carries, histories, kept, strict=True)
    return [value for parts in per_population for part in parts for value in part]


def _arriving(step: Step, count: int) -> Sequence[Any]:
    return step.jaxpr.invars[len(step.jaxpr.invars) - count :]


def _sources(wire, signs, *given):
    """Return signs and synapses, with the source of each in place of where those of one start."""
    if wire.is_matrix:
        return signs, None, None, *given, *([] if wire.ticks is None else [wire.ticks])
    starts, targets, weight, *ticks = given
    indices = jnp.arange(starts.shape[0] - 1)
    sources = jnp.repeat(indices, jnp.diff(starts), total_repeat_length=targets.shape[0])
    return signs, sources, targets, weight, *(ticks or [wire.ticks])


def _delivered(wire, ring, output, signs, sources, targets, weight, ticks, ago):
    """Add to a ring what an output of some ticks ago still has to deliver."""
    signal = output * signs
    if wire.is_matrix:
        return ring.at[ticks - ago].add(signal @ weight) if ticks >= ago else ring
    arriving = weight * signal[sources]
    if wire.ticks is not None:
        return ring.at[ticks - ago, targets].add(arriving) if ticks >= ago else ring
    late = ticks - ago
    return ring.at[jnp.where(late >= 0, late, ring.shape[0]), targets].add(arriving, mode="drop")
