"""Running a node over time: the one entrance for simulation and for training."""

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from ..numerics import as_count, as_instance, as_keys, as_time_step, fail
from ._inputs import inputs_over_time
from ._keys import rest_key, sample_keys
from ._memory import check_fits
from ._network import OUTPUT
from ._node import Node
from ._over_time import complete_over_time, over_time
from ._pieces import Keep, natural_piece, run_pieces, ticks_of, with_derivative_of
from ._record import Record, Records, as_is, check_output, check_records, request
from ._ticks import Ticks
from ._time_step import warn_of_long_steps

WHOLE_OUTPUT = Record(OUTPUT)


class RunState(NamedTuple):
    """Where a run stands: the node's state (batched like the inputs) and the next tick's index."""

    node: Any
    tick: Int[Array, ""]


def simulate(
    node: Node,
    inputs: Array | Mapping[str, Array] | None,
    *,
    dt: float,
    key,
    state: RunState | None = None,
    record: dict[str, Record] | None = None,
    output: Record | None = WHOLE_OUTPUT,
    checkpoint: int | None = None,
    ticks: int | None = None,
) -> tuple[RunState, Records]:
    r"""Run a node over time.

    $(s_t, y_t) = \mathrm{step}(s_{t-1}, x_t, t)$ for every tick, from rest or from `state`.

    **Arguments:**

    - `node`: any Node.
    - `inputs`: `[time, *port]` or `[time, batch, *port]` for the node's entrance, or a dict of such
      arrays by port (`"exc.ampa"`); numbers or booleans. None for a node that needs no input.
    - `dt`: the time step in ms.
    - `key`: a random key for the run (tick t draws from `fold_in(key, t)`); with a batch, every
      sample draws for itself, or pass one key per sample to be independent of how samples are put
      into batches.
    - `state`: None starts from rest; the state of an earlier call carries on from there, with the
      same `key` as if the run had not been cut.
    - `record`: what to keep besides the output, by name.
    - `output`: how to keep the output of the node, such as `Record("output", every=10)`; None
      keeps nothing, so that memory does not grow with time where `record` is thinned too.
    - `checkpoint`: run in segments of this many ticks, each recomputed in the backward pass;
      $\sqrt{T}$ needs least memory. None stores what the backward pass needs.
    - `ticks`: how long to run where there are no inputs.

    **Returns:** the state after the last tick, and the records (`output`, and `kept` by name).

    **Raises:** `NeuropilError` for inputs whose axes do not fit the node, unknown ports or
    records, values that are not finite, and records that would not fit in the memory that is free.
    It warns where dt is longer than a time constant.

    >>> from neuropil.cells import lif
    >>> state, records = simulate(lif(3), jnp.ones((10, 3)), dt=1.0, key=jax.random.key(0))
    >>> records.output.shape
    (10, 3)
    """
    as_instance(node, "node", Node, "a Node")
    dt, key = as_time_step(dt), as_keys(key)
    warn_of_long_steps(node, dt)
    arrays, length, batch = inputs_over_time(node, inputs, ticks)
    record, output = check_records(record), check_output(output)
    if checkpoint is not None:
        checkpoint = as_count(checkpoint, "checkpoint")
    if state is None:
        state = RunState(rest(node, key, batch), jnp.zeros((), jnp.int32))
    as_instance(state, "state", RunState, "the state that simulate returned")
    wishes = tuple((f"record[{n!r}]", wish.path, wish.every) for n, wish in record.items())
    encodings = [wish.encode for wish in record.values()]
    if output is not None:
        wishes = (*wishes, ("output", None, output.every))
        encodings = [*encodings, output.encode]
    final, kept = _run(node, arrays, state, key, dt, wishes, encodings, checkpoint, length, batch)
    whole = None if output is None else kept.pop()
    return final, Records(whole, dict(zip(record, kept, strict=True)))


def detach(state: RunState) -> RunState:
    """Return a state through which no gradient flows: the cut of truncated training.

    **Raises:** `NeuropilError` for anything but the state that `simulate` returned.

    >>> detach(RunState((), jnp.array(3))).tick
    Array(3, dtype=int32, weak_type=True)
    """
    as_instance(state, "state", RunState, "the state that simulate returned")
    return jax.lax.stop_gradient(state)


@eqx.filter_jit
def _run(node, inputs, state, key, dt, wishes, encodings, checkpoint, length, batch):
    """Run; what depends on shapes alone is checked in here, once for every compilation."""
    keys, tick = sample_keys(key, batch), check_tick(state.tick)
    check_state(node, state.node, keys, batch)
    keeps = [
        Keep((OUTPUT,) if path is None else request(node, path), every, encode, name)
        for (name, path, every), encode in zip(wishes, encodings, strict=True)
    ]
    is_thin = any(keep.every > 1 or keep.encode is not as_is for keep in keeps)
    keeps_less = is_thin or all(path is not None for _, path, _ in wishes)

    def run(given, size):
        node, inputs, state, keys, keeps = given

        def piece(own_state, offset, size):
            def sample(own_state, inputs, key):
                indices = state.tick + offset + jnp.arange(size, dtype=jnp.int32)
                return _run_sample(node, own_state, inputs, Ticks(indices, dt, key), keeps, offset)

            here = jax.tree.map(lambda x: ticks_of(x, offset, size), inputs)
            if batch is None:
                return sample(own_state, here, keys)
            return jax.vmap(sample, (0, 1, 0), (0, 1), axis_name="batch")(own_state, here, keys)

        own_state, kept = run_pieces(
            piece, state.node, length, size, keeps, recompute=checkpoint is not None
        )
        return RunState(own_state, state.tick + length), kept

    given = node, inputs, RunState(state.node, tick), keys, keeps
    if checkpoint is not None or not keeps_less:
        final, kept = run(given, checkpoint or length)
    else:
        in_pieces = partial(run, size=natural_piece(node, length))
        final, kept = with_derivative_of(partial(run, size=length), in_pieces, given)
    check_fits({name: values for (name, *_), values in zip(wishes, kept, strict=True)})
    return final, kept


def _run_sample(node, state, inputs, ticks, keeps, offset):
    size = ticks.index.shape[0]
    wanted = tuple({keep.path: None for keep in keeps if keep.path != (OUTPUT,)})
    inputs = complete_over_time(node, inputs, size)
    state, output, observed = over_time(node, state, inputs, ticks, wanted)
    seen = {**observed, (OUTPUT,): output}
    return state, [keep.of(seen[keep.path], offset) for keep in keeps]


@eqx.filter_jit
def rest(node: Node, key: Any, batch: int | None) -> Any:
    """Return the state at rest of a run with this key."""
    return at_rest(node, sample_keys(key, batch), batch)


def at_rest(node: Node, keys: Any, batch: int | None) -> Any:
    """Return the state at rest, for every sample of a batch."""

    def rest(key):
        return node.init(key=rest_key(key))

    return rest(keys) if batch is None else jax.vmap(rest)(keys)


def check_state(node: Node, state: Any, keys: Any, batch: int | None) -> None:
    """Refuse a state that is not one of the node's, of the same batch size."""
    fix = "pass the state of an earlier run of this node, with inputs of the same batch size"
    expected = jax.eval_shape(lambda: at_rest(node, keys, batch))
    if jax.tree.structure(expected) != jax.tree.structure(state):
        fail("state", f"{type(state).__name__}", f"a {type(expected).__name__} of this node", fix)
    want = [_kind(leaf) for leaf in jax.tree.leaves(expected)]
    have = [_kind(leaf) for leaf in jax.tree.leaves(state)]
    if want != have:
        fail("state", f"arrays {have}", f"arrays {want}", fix)


def _kind(leaf):
    shape = ", ".join(str(n) for n in jnp.shape(leaf))
    return f"{jnp.result_type(leaf)}[{shape}]"


def check_tick(tick: Any) -> Array:
    """Return the index of a tick, refusing anything but one integer."""
    if jnp.shape(tick) or not jnp.issubdtype(jnp.result_type(tick), jnp.integer):
        fix = "pass the state that simulate returned"
        fail("state", f"the tick {_kind(tick)}", "the index of a tick, one integer", fix)
    return jnp.asarray(tick, jnp.int32)
