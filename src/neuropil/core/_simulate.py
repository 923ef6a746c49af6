"""Running a node over time: the one entrance for simulation and for training."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from ..numerics import as_count, as_instance, as_keys, as_time_step, fail, is_traced
from ._network import Network
from ._node import Input, Node
from ._over_time import Ticks, complete_over_time, over_time
from ._record import Record, Records, check_records, keep

_REST = 2**32 - 1  # no tick has this index: its key is for the state before the first


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
    - `key`: a random key for the run; with a batch, sample i uses `fold_in(key, i)`, or pass one
      key per sample to be independent of how samples are put into batches.
    - `state`: None starts from rest; the state of an earlier call carries on from there, with the
      same `key` as if the run had not been cut.
    - `record`: what to keep besides the output, by name.
    - `checkpoint`: differentiate in segments of this many ticks, each recomputed in the backward
      pass; $\sqrt{T}$ needs least memory. None stores what the backward pass needs.
    - `ticks`: how long to run where there are no inputs.

    **Returns:** the state after the last tick, and the records (`output`, and `kept` by name).

    **Raises:** `NeuropilError` for inputs whose axes do not fit the node, unknown ports or
    records, and values that are not finite.

    >>> from neuropil.cells import lif
    >>> state, records = simulate(lif(3), jnp.ones((10, 3)), dt=1.0, key=jax.random.key(0))
    >>> records.output.shape
    (10, 3)
    """
    as_instance(node, "node", Node, "a Node")
    dt, key = as_time_step(dt), as_keys(key)
    arrays, length, batch = check_inputs(node, inputs, ticks)
    record = {} if record is None else record
    paths = check_records(node, record)
    if checkpoint is not None:
        as_count(checkpoint, "checkpoint")
    keys = _keys(key, batch)
    if state is None:
        state = RunState(_rest(node, keys, batch), jnp.zeros((), jnp.int32))
    else:
        as_instance(state, "state", RunState, "the state that simulate returned")
        check_state(node, state.node, batch)
    final, output, observed = _run(
        node, arrays, state, keys, dt, tuple(paths.values()), checkpoint, length, batch is not None
    )
    kept = {name: keep(wish, observed[paths[name]]) for name, wish in record.items()}
    return final, Records(output, kept)


def detach(state: RunState) -> RunState:
    """Return a state through which no gradient flows: the cut of truncated training.

    **Raises:** `NeuropilError` for anything but the state that `simulate` returned.

    >>> detach(RunState((), jnp.array(3))).tick
    Array(3, dtype=int32, weak_type=True)
    """
    as_instance(state, "state", RunState, "the state that simulate returned")
    return jax.lax.stop_gradient(state)


@eqx.filter_jit
def _run(node, inputs, state, keys, dt, wanted, checkpoint, length, is_batched):
    def one(state, inputs, key):
        return _run_sample(node, inputs, state, key, dt, wanted, checkpoint, length)

    if not is_batched:
        return one(state, inputs, keys)
    axes = (RunState(0, None), 1, 0)
    run = jax.vmap(one, in_axes=axes, out_axes=(RunState(0, None), 1, 1), axis_name="batch")
    return run(state, inputs, keys)


def _run_sample(node, inputs, state, key, dt, wanted, checkpoint, length):
    def block(node, own_state, start, inputs, size):
        ticks = Ticks(start + jnp.arange(size, dtype=jnp.int32), dt, key)
        return over_time(node, own_state, complete_over_time(node, inputs, size), ticks, wanted)

    size = length if checkpoint is None else min(checkpoint, length)
    whole, rest = divmod(length, size)
    if whole == 1 and rest == 0 and checkpoint is None:
        own_state, output, observed = block(node, state.node, state.tick, inputs, size)
        return RunState(own_state, state.tick + length), output, observed

    arrays, static = eqx.partition(node, eqx.is_array)

    @jax.checkpoint
    def recomputed(arrays, own_state, start, inputs):
        return block(eqx.combine(arrays, static), own_state, start, inputs, size)

    def segment(carry, inputs):
        own_state, start = carry
        own_state, output, observed = recomputed(arrays, own_state, start, inputs)
        return (own_state, start + size), (output, observed)

    cut = jax.tree.map(lambda x: x[: whole * size].reshape(whole, size, *x.shape[1:]), inputs)
    carry, segments = jax.lax.scan(segment, (state.node, state.tick), cut, length=whole)
    output, observed = jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), segments)
    own_state, start = carry
    if rest:
        tail = jax.tree.map(lambda x: x[whole * size :], inputs)
        own_state, *last = block(node, own_state, start, tail, rest)
        output, observed = jax.tree.map(
            lambda a, b: jnp.concatenate([a, b]), (output, observed), tuple(last)
        )
    return RunState(own_state, start + rest), output, observed


def _keys(key, batch):
    single = key.ndim == (0 if jnp.issubdtype(key.dtype, jax.dtypes.prng_key) else 1)
    if batch is None:
        if not single:
            fail("key", f"keys of shape {key.shape}", "one key, as there is no batch", "pass one")
        return key
    if single:
        return jax.vmap(lambda i: jax.random.fold_in(key, i))(jnp.arange(batch))
    if key.shape[0] != batch:
        fail("key", f"{key.shape[0]} keys", f"one key, or {batch}, one per sample", "match them")
    return key


@eqx.filter_jit
def _rest(node, keys, batch):
    def rest(key):
        return node.init(key=jax.random.fold_in(key, _REST))

    return rest(keys) if batch is None else jax.vmap(rest)(keys)


def check_state(node: Node, state: Any, batch: int | None) -> None:
    """Refuse a state that is not one of the node's, of the same batch size."""
    fix = "pass the state of an earlier run of this node, with inputs of the same batch size"
    expected = jax.eval_shape(lambda: node.init(key=jax.random.key(0)))
    lead = () if batch is None else (batch,)
    want = [(lead + leaf.shape) for leaf in jax.tree.leaves(expected)]
    if jax.tree.structure(expected) != jax.tree.structure(state):
        fail("state", f"{type(state).__name__}", f"a {type(expected).__name__} of this node", fix)
    have = [jnp.shape(leaf) for leaf in jax.tree.leaves(state)]
    if want != have:
        fail("state", f"arrays of shapes {have}", f"arrays of shapes {want}", fix)


def check_inputs(node: Node, inputs: Any, ticks: int | None = None):
    """Return the inputs by full port name, the number of ticks, and the batch size or None.

    **Raises:** `NeuropilError` that names the axes when inputs do not fit the node.
    """
    if inputs is None or (isinstance(inputs, Mapping) and not inputs):
        if ticks is None:
            fail("ticks", None, "the number of ticks, as there are no inputs", "pass ticks=1000")
        return {}, as_count(ticks, "ticks"), None
    if not isinstance(inputs, Mapping):
        inputs = {"": inputs}
    arrays: dict[str, Array] = {}
    lengths: dict[str, int] = {}
    batches: dict[str, int | None] = {}
    for name, value in inputs.items():
        port, shape = entrance(node, name)
        array = as_signal(value, f"inputs[{name!r}]" if name else "inputs", shape)
        batch = array.shape[1] if array.ndim == 2 + len(shape) else None
        arrays[port], lengths[port], batches[port] = array, array.shape[0], batch
    for what, sizes in (("time", lengths), ("batch", batches)):
        if len(set(sizes.values())) > 1:
            fail("inputs", f"{what} axes {sizes}", f"one {what} axis for all", "match them")
    length, batch = next(iter(lengths.values())), next(iter(batches.values()))
    if ticks is not None and ticks != length:
        fail("ticks", ticks, f"{length}, the length of the inputs", "leave ticks out")
    return arrays, length, batch


def entrance(node: Node, name: Any) -> tuple[str, tuple[int, ...]]:
    """Return the port that a name of an input means, and its shape; "" means the only one."""
    if not isinstance(name, str):
        fail("inputs", f"the port {name!r}", f"names among {sorted(node.ports)}", "use strings")
    ports = dict(node.ports)
    if name in ports:
        return name, ports[name]
    matching = [port for port in ports if not name or port.startswith(f"{name}.")]
    if len(matching) > 1 and isinstance(node, Network):
        entrances = [port for port in matching if _is_input(node, port)]
        matching = entrances or matching
    if len(matching) != 1:
        fail(
            f"inputs[{name!r}]" if name else "inputs",
            name or "one array",
            f"arrays by port, among {sorted(ports)}",
            "pass a dict from port names to arrays",
        )
    return matching[0], ports[matching[0]]


def _is_input(network, port):
    name, _, rest = port.partition(".")
    node = network.nodes[name]
    return _is_input(node, rest) if isinstance(node, Network) else isinstance(node, Input)


def as_signal(value: Any, name: str, shape: tuple[int, ...], over_time: bool = True) -> Array:
    """Return numbers or booleans as an array, with or without an axis of time in front."""
    axes = ", ".join([*(("time", "[batch]") if over_time else ()), *(str(n) for n in shape)])
    fix = "put time first, then batch, then features" if over_time else "pass those of one tick"
    try:
        array = jnp.asarray(value)
    except (TypeError, ValueError):
        fail(name, f"{type(value).__name__}", f"an array [{axes}]", fix)
    if not (jnp.issubdtype(array.dtype, jnp.number) or array.dtype == jnp.bool_):
        fail(name, f"an array of {array.dtype}", f"numbers or booleans [{axes}]", fix)
    extra = array.ndim - len(shape)
    if (
        extra not in ((1, 2) if over_time else (0,))
        or array.shape[extra:] != shape
        or 0 in array.shape
    ):
        fail(name, f"shape {array.shape}", f"[{axes}], none of them empty", fix)
    on_host = isinstance(value, np.ndarray | list | tuple) and not is_traced(array)
    if on_host and not np.isfinite(np.asarray(value)).all():
        fail(name, "values that are not finite", "finite numbers", "look for NaN in the data")
    return array
