import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from ..core import Connectivity
from ..numerics import Synapses, as_parameter, as_shape, fail, in_huge_pages, synaptic_delivery
from ._delays import check_ticks, join

LIMIT = 2**31 - 1  # synapses; where those of a source begin is a number of 32 bits
BLOCK = 2**22  # numbers that are counted at once


class Sparse(Connectivity):
    r"""Listed synapses, those of a source neuron side by side.

    $I_{t,j} = \sum_{s:\,j_s = j} w_s\, x_{i_s,\,t-d_s}$, summed over the synapses s onto neuron j.

    Build it with :func:`from_edges` or one of the topologies; this is what they return.

    **Arguments:** `source`, `target`, shapes of the two ends; `starts`, `[source + 1]`: the
    synapses of source i are the entries from `starts[i]` to `starts[i + 1]`; `targets`, the target
    neuron of every synapse; `ticks`, the delay of every synapse, or one of all. Several synapses
    between the same two neurons are kept: what they deliver adds up. There may be none at all, as
    chance would have it. Where the targets of every source ascend, each of several threads walks
    only the synapses onto its own neurons.

    **Raises:** `NeuropilError` for indices and delays that are out of range or no integers.

    >>> Sparse(2, 3, np.array([0, 2, 3]), np.array([0, 2, 1])).weight_shape
    (3,)
    """

    source: tuple = eqx.field(static=True)
    target: tuple = eqx.field(static=True)
    starts: Int[Array, " source+1"]
    targets: Int[Array, " synapse"]
    ticks: Int[Array, " synapse"] | None
    fan_in: int = eqx.field(static=True)
    depth: int = eqx.field(static=True)
    shortest: int = eqx.field(static=True)
    is_sorted: bool = eqx.field(static=True)

    def __init__(self, source, target, starts, targets, ticks=0):
        """Check and store the list."""
        self.source, self.target = as_shape(source, "source"), as_shape(target, "target")
        first, ends = as_integers(starts, "starts"), as_integers(targets, "targets")
        n_source, n_target = math.prod(self.source), math.prod(self.target)
        if ends.size > LIMIT:
            expected = f"at most {LIMIT} synapses in one projection"
            fail("targets", f"{ends.size} synapses", expected, "split it into several projections")
        _check_starts(first, n_source + 1, ends.size)
        check_ends(ends, n_target, "targets", "target")
        late = as_delays(ticks, ends.size)
        if late.shape not in ((), ends.shape):
            expected = f"one delay, or one per synapse, shape {ends.shape}"
            fail("ticks", f"shape {late.shape}", expected, "list them as the targets")
        self.starts, self.targets = _kept(starts, first), _kept(targets, ends)
        # Of the neuron that has most; at least 1, since initialisers divide by it.
        self.fan_in = int(counts_of(ends, n_target).max(initial=1))
        self.depth, self.shortest = int(late.max()), int(late.min())
        self.is_sorted = _is_sorted(first, ends)
        self.ticks = None if self.depth == self.shortest else _kept(ticks, late)

    @property
    def weight_shape(self):
        """One weight per synapse."""
        return self.targets.shape

    @property
    def sources(self) -> Int[Array, " synapse"]:
        """The source neuron of every synapse."""
        neurons = jnp.arange(self.starts.size - 1)
        lengths = jnp.diff(self.starts)
        return jnp.repeat(neurons, lengths, total_repeat_length=self.targets.size)

    def synapses(self, weight):
        """Return the list with its weights."""
        late = self.depth if self.ticks is None else self.ticks
        return Synapses(self.starts, self.targets, weight, late, self.is_sorted)

    def read(self, window):
        """Return what is on its way to the synapses: as much of the past as they look back."""
        flat = window.reshape(window.shape[0], -1)
        return flat[self.depth :] if self.ticks is None else flat[::-1]

    def transmit(self, weight, seen):
        """Return the sum of what each neuron's synapses deliver."""
        return self._delivered(weight, seen, seen.shape[0] - 1)[0]

    def sweep(self, weight, past, signal):
        """Return all ticks' arrivals."""
        full = join(past, signal)
        return self._delivered(weight, full.reshape(full.shape[0], -1), self.depth)

    def _delivered(self, weight, signal, depth):
        late = depth if self.ticks is None else self.ticks
        listed = Synapses(self.starts, self.targets, weight, late)
        size = math.prod(self.target)
        arriving = synaptic_delivery(listed, signal, size=size, depth=depth)
        return arriving.reshape(arriving.shape[0], *self.target)

    def constrained(self):
        """Return itself: nothing here is learnt."""
        return self


def _check_starts(starts, count, synapses):
    expected = f"{count} numbers that grow from 0 to {synapses}, the synapses"
    falls = starts[1:] < starts[:-1]
    if starts.size != count:
        got = f"{starts.size} numbers"
    elif falls.any():
        where = int(np.argmax(falls))
        got = f"{starts[where]}, then {starts[where + 1]} at index {where + 1}"
    elif starts[0] != 0 or starts[-1] != synapses:
        got = f"numbers from {starts[0]} to {starts[-1]}"
    else:
        return
    fail("starts", got, expected, "build the list with from_edges")


def check_ends(neurons, size, name, side):
    """Refuse neurons that are not there, naming the first."""
    if neurons.min(initial=0) >= 0 and neurons.max(initial=0) < size:
        return
    first = int(np.argmax((neurons < 0) | (neurons >= size)))
    fix = f"fix the shape of the {side}"
    if neurons[first] < 0:
        fix = "neurons are counted from 0; leave out what is no edge"
    got = f"neuron {neurons[first]} at index {first}"
    fail(name, got, f"neurons from 0 to {size - 1}", fix)


def as_delays(ticks, count):
    """Return checked delays; an empty list of no synapses is one tick, which closes no cycle."""
    return check_ticks(1 if count == 0 and np.shape(ticks) == (0,) else ticks, "ticks")


def as_integers(value, name):
    array = np.asarray(value)
    array = array if array.size else array.astype(np.int32)  # an empty list is one of floats
    if array.ndim != 1 or not np.issubdtype(array.dtype, np.integer):
        got = f"{array.dtype} of shape {array.shape}"
        fail(name, got, "a list of whole numbers", "pass an array of integers")
    return array


def _kept(given, array) -> jax.Array:
    """Return integers as JAX's own; what cannot be written to is not copied."""
    is_kept = isinstance(given, jax.Array) and given.dtype == jnp.int32
    return given if is_kept else in_huge_pages(np.asarray(array, np.int32))


def counts_of(neurons, size):
    """Return how often every neuron occurs; piece by piece, since counting copies."""
    piece = max(BLOCK, size)
    counts = np.zeros(size, np.int64)
    for first in range(0, neurons.size, piece):
        counts += np.bincount(neurons[first : first + piece].astype(np.int64), minlength=size)
    return counts


def _is_sorted(starts, targets):
    """Whether the targets of every source never descend; piece by piece, since comparing copies."""
    for first in range(0, targets.size - 1, BLOCK):
        some = targets[first : first + BLOCK + 1]
        descents = first + 1 + np.flatnonzero(some[1:] < some[:-1])
        if not np.array_equal(starts[np.searchsorted(starts, descents)], descents):
            return False
    return True


def sources_of(sparse) -> np.ndarray:
    """Return the source neuron of every synapse, to be used while a program is made."""
    lengths = np.diff(np.asarray(sparse.starts))
    return np.repeat(np.arange(lengths.size, dtype=np.int32), lengths)


def as_weight(sparse, weight):
    """Return weights, refusing what is not one for every synapse."""
    weight = as_parameter(weight, "weight", may_be_empty=True)
    if weight.shape != sparse.weight_shape:
        expected = f"one per synapse, shape {sparse.weight_shape}"
        fail("weight", f"shape {weight.shape}", expected, "pass the weights of this connectivity")
    return weight
