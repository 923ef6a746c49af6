"""Running in chunks between which no gradient flows."""

from typing import Any

import jax
import jax.numpy as jnp

from ..core import Node, Record, Records, RunState, detach, simulate
from ..numerics import as_count, fail


def simulate_truncated(
    node: Node,
    inputs: Any,
    *,
    every: int,
    dt: float,
    key,
    record: dict[str, Record] | None = None,
    checkpoint: int | None = None,
) -> tuple[RunState, Records]:
    r"""Run a node as `simulate` does, with the gradient cut every so many ticks.

    $s_{ck} \leftarrow \mathrm{stop\_gradient}(s_{ck})$ after every chunk c of k ticks. The values
    are those of `simulate`; the gradient is exactly that of the truncated objective. Chunks are
    computed again in the backward pass, so memory is that of one chunk plus a state per chunk.

    **Arguments:** `every`, k; the rest as for `simulate`. What is recorded is thinned from the
    start of each chunk.

    **Raises:** `NeuropilError` as `simulate` does, and unless `every` is a positive integer.

    >>> from neuropil.cells import lif
    >>> x = jnp.ones((10, 3))
    >>> _, records = simulate_truncated(lif(3), x, every=4, dt=1.0, key=jax.random.key(0))
    >>> records.output.shape
    (10, 3)
    """
    as_count(every, "every")
    leaves = jax.tree.leaves(inputs)
    if not leaves or any(not hasattr(x, "shape") or not all((x.ndim, x.size)) for x in leaves):
        got = [type(x).__name__ for x in leaves]
        fail("inputs", got, "arrays [time, ...], none of them empty", "put time first")
    length = leaves[0].shape[0]

    def run(state, chunk):
        state, records = simulate(
            node, chunk, dt=dt, key=key, state=state, record=record, checkpoint=checkpoint
        )
        return detach(state), records

    def ticks(start, stop):
        return jax.tree.map(lambda x: x[start:stop], inputs)

    state, records = run(None, ticks(0, every))
    found = [records]
    whole = max(length // every - 1, 0)
    if whole:
        chunks = jax.tree.map(
            lambda x: jnp.reshape(x, (whole, every, *x.shape[1:])),
            ticks(every, every * (1 + whole)),
        )
        state, stacked = jax.lax.scan(jax.checkpoint(run), state, chunks)
        found.append(jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), stacked))
    if length > every * (1 + whole):
        state, records = run(state, ticks(every * (1 + whole), length))
        found.append(records)
    return state, jax.tree.map(lambda *parts: jnp.concatenate(parts), *found)
