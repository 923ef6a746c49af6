"""Running a network in pieces, so that memory does not grow with time but with spikes."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax
import numpy as np

from ...analysis import Events, pack_spikes, unpack_events
from ...core import Network, Population, Record, RunState, simulate

DT, PIECE, TRACED = 0.1, 1000, 3  # ms, ticks, neurons


class Activity(NamedTuple):
    """What a network did: spikes by population, and potentials `[time, neuron]` (mV) of a few."""

    spikes: Mapping[str, Events]
    potentials: Mapping[str, np.ndarray]


def first_few(v):
    """Return the values of the neurons whose potentials are kept."""
    return v[:TRACED]


def silent(ticks: int) -> None:
    """Show nothing."""


def simulated(
    network: Network,
    begin: RunState,
    warm: float,
    duration: float,
    show: Callable[[int], None] = silent,
    watched: Callable[[jax.Array], jax.Array] = first_few,
) -> Activity:
    """Return what a network does for `duration` (ms) after `warm` (ms).

    Times are rounded up to whole pieces for the run; what was not asked for is cut off.

    **Arguments:** `network`; `begin`, its state; `warm` and `duration`; `show`, told the number of
    ticks after every piece; `watched`, which returns the potentials that are kept.
    """
    key, skipped, wanted = jax.random.key(0), round(warm / DT), round(duration / DT)
    sizes = {name: n.size[0] for name, n in network.nodes.items() if isinstance(n, Population)}
    record = {f"{name}.spikes": Record(name, encode=pack_spikes) for name in sizes}
    record |= {f"{name}.v": Record(f"{name}.v", encode=watched) for name in sizes}
    state, pieces = begin, []
    for tick in range(0, skipped + wanted, PIECE):
        state, found = simulate(
            network, None, dt=DT, key=key, state=state, ticks=PIECE, output=None, record=record
        )
        kept = {name: np.asarray(values) for name, values in found.kept.items()}
        first, last = max(0, skipped - tick), min(PIECE, skipped + wanted - tick)
        pieces.append({name: values[first:last] for name, values in kept.items()})
        show(last)
    pieces = [piece for piece in pieces if len(next(iter(piece.values())))]
    spikes = {
        name: joined([unpack_events(piece[f"{name}.spikes"], size) for piece in pieces])
        for name, size in sizes.items()
    }
    potentials = {name: np.concatenate([piece[f"{name}.v"] for piece in pieces]) for name in sizes}
    return Activity(spikes, potentials)


def joined(pieces: list[Events]) -> Events:
    """Return one recording of pieces that follow each other."""
    begins = np.cumsum([0, *(piece.ticks for piece in pieces)])
    ticks = [piece.tick + begin for piece, begin in zip(pieces, begins[:-1], strict=True)]
    neurons = [piece.neuron for piece in pieces]
    return Events(np.concatenate(ticks), np.concatenate(neurons), int(begins[-1]), pieces[0].size)
