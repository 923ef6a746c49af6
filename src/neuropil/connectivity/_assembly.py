"""How topologies are built: rows of sources at a time, into arrays that are never copied."""

import math
from collections.abc import Callable, Iterable

import jax
import numpy as np

from ..numerics import adopted, as_key, as_shape, empty, fail, is_traced
from ._bar import bar
from ._delays import check_ticks
from ._sparse import LIMIT, Sparse

BLOCK = 2**20  # synapses that are drawn at once

Progress = Callable[[int, int], object]


def generator(key) -> np.random.Generator:
    """Return NumPy's counter-based generator, seeded by a JAX key."""
    if is_traced(key):
        expected = "a concrete JAX random key"
        fail("key", "a key that is being traced", expected, "draw connectivity outside of jit")
    as_key(key)
    typed = jax.dtypes.issubdtype(key.dtype, jax.dtypes.prng_key)
    words = np.asarray(jax.random.key_data(key) if typed else key)
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(words.tolist())))


def as_ends(source, target, loops: bool) -> tuple[int, int]:
    """Return the sizes of the two ends; without loops they are the same neurons."""
    source, target = as_shape(source, "source"), as_shape(target, "target")
    if not loops and source != target:
        expected = f"the target's shape {target}, where loops=False"
        fail("source", source, expected, "pass loops=True: two populations have no loops")
    return math.prod(source), math.prod(target)


def as_progress(progress) -> Progress:
    """Return a function that is told what is done, and of how much; True is a bar."""
    if progress is True:
        return bar()
    if progress is not None and not callable(progress):
        expected = "True, a function of what is done and of how much, or None"
        fail("progress", progress, expected, "pass e.g. progress=True")
    return progress or (lambda done, total: None)


def check_count(expected: float, argument: str) -> None:
    """Refuse more synapses than one list can hold."""
    if expected > LIMIT:
        got = f"about {expected:.3g} synapses"
        fail(argument, got, f"at most {LIMIT} in one projection", "split it into several")


def assemble(ends, blocks: Iterable, expected: float, argument: str, late, progress=None) -> Sparse:
    """Return the connectivity of blocks of rows, each `(synapses of every source, targets)`.

    `expected` synapses are made room for; `argument` is what to blame if there are too many;
    `late` are delays and the key to draw them with.
    """
    check_count(expected, argument)
    check_delays(late[0])
    tell, n_source = as_progress(progress), math.prod(as_shape(ends[0], "source"))
    starts, targets = empty(n_source + 1), empty(int(expected + 8 * math.sqrt(expected)) + BLOCK)
    starts[0] = row = size = 0
    for counts, found in blocks:
        check_count(size + found.size, argument)
        if size + found.size > targets.size:
            targets = _longer(targets, size, size + found.size)
        targets[size : size + found.size] = found
        starts[row + 1 : row + 1 + counts.size] = size + np.cumsum(counts)
        row, size = row + counts.size, size + found.size
        tell(row, n_source)
    return Sparse(*ends, adopted(starts), adopted(targets[:size]), drawn_delays(*late, size))


def check_delays(ticks) -> None:
    """Refuse what can be seen to be no delays before anything is drawn."""
    if not callable(ticks) or isinstance(ticks, type):
        check_ticks(ticks, "ticks")


def drawn_delays(ticks, key, size: int):
    """Return delays, drawn for so many synapses where they are a function of a key and a shape."""
    if not callable(ticks):
        return ticks
    if not size:
        return 1  # of no synapse, which closes no cycle
    late = check_ticks(ticks(jax.random.fold_in(key, 1), (size,)), "ticks")
    if late.shape != (size,):
        fail("ticks", f"a function that gave {late.shape}", f"{(size,)}, as asked", "use the shape")
    return adopted(late) if late.dtype == np.int32 else late


def _longer(targets, size, needed):
    longer = empty(int(1.25 * needed) + BLOCK)
    longer[:size] = targets[:size]
    return longer
