import math

import jax
import jax.numpy as jnp
import numpy as np

from ..numerics import adopted, as_parameter, as_shape, empty, fail, is_traced
from ._assembly import BLOCK, as_progress, check_count
from ._placing import by_source, groups, ranked
from ._sparse import Sparse, as_delays, as_integers, check_ends, counts_of


def from_edges(source, target, pre, post, *, weight=1.0, ticks=0, progress=None):
    """Return the connectivity of an edge list, and its weights in the order of its synapses.

    Edges may come in any order; several between the same two neurons are kept, in theirs.

    **Arguments:** `source`, `target`, shapes of the two ends; `pre` and `post`, the two neurons of
    every edge, as positions; `weight` and `ticks`, one or one per edge; `progress`, as for
    :func:`fixed_probability`, of edges.

    **Raises:** `NeuropilError` for positions out of range, and lists of different lengths.

    >>> found, weight = from_edges(2, 3, [1, 0], [2, 1], weight=[0.5, 0.25])
    >>> found.targets.tolist(), weight.tolist()
    ([1, 2], [0.25, 0.5])
    """
    pre, post = as_integers(pre, "pre"), as_integers(post, "post")
    n_source, n_target = (
        math.prod(as_shape(source, "source")),
        math.prod(as_shape(target, "target")),
    )
    check_ends(pre, n_source, "pre", "source")
    check_ends(post, n_target, "post", "target")
    if pre.shape != post.shape:
        fail("pre and post", f"{pre.size} and {post.size} entries", "as many", "list both ends")
    check_count(pre.size, "pre")
    weight = as_parameter(weight, "weight", may_be_empty=True)
    late = as_delays(ticks, pre.size)
    for name, values in (("weight", weight), ("ticks", late)):
        if values.shape not in ((), pre.shape):
            expected = f"one, or one per edge, shape {pre.shape}"
            fail(name, f"shape {values.shape}", expected, "list them as the edges")
    tell, total = as_progress(progress), pre.size
    counts = counts_of(pre, n_source)
    in_order = bool(np.all(pre[1:] >= pre[:-1]))
    order = None if in_order else by_source(pre, counts, lambda done: tell(done // 2, total))
    starts, targets = empty(n_source + 1), empty(total)
    starts[0], starts[1:] = 0, np.cumsum(counts)
    moved = [(targets, post)]
    if late.ndim:
        moved.append((empty(total), late))
    if weight.ndim:
        known = np.arange(total) if is_traced(weight) else np.asarray(weight)
        moved.append((empty(total, known.dtype), known))
    for begin, end, which in _ranked(starts, order, pre, post, n_target):
        for out, values in moved:
            out[begin:end] = values[which]
        tell(end if in_order else (total + end) // 2, total)
    with jax.ensure_compile_time_eval():
        kept = [adopted(out) for out, _ in moved]
        found = Sparse(source, target, adopted(starts), kept[0], kept[1] if late.ndim else late)
    if not weight.ndim:
        return found, jnp.broadcast_to(weight, (total,))
    return found, weight[kept[-1]] if is_traced(weight) else kept[-1]


def _ranked(starts, order, pre, post, n_target):
    """Give ranges of synapses, and which edges they are; `order` is None for sorted sources."""
    for first, last in groups(starts, max(1, 2**62 // (n_target * BLOCK))):
        begin, end = int(starts[first]), int(starts[last])
        if begin < end:
            which = np.arange(begin, end) if order is None else order[begin:end]
            yield begin, end, which[ranked(pre[which] - first, post[which], n_target)]
