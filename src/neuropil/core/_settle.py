from collections.abc import Mapping

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array

from ..numerics import as_count, as_instance, as_keys, as_parameter, as_time_step, fail
from ._forward_only import forward_only
from ._inputs import inputs_of_tick
from ._keys import sample_keys
from ._network import complete
from ._node import Node, State
from ._simulate import at_rest, check_state
from ._tick import tick_at


def settle(
    node: Node,
    inputs: Array | Mapping[str, Array] | None,
    *,
    tolerance: float,
    max_steps: int,
    dt: float = 1.0,
    key=None,
    state: State | None = None,
) -> State:
    r"""Step a node under constant input until its state stands still.

    Stops when $\max |s_t - s_{t-1}| \le$ `tolerance` over all floating-point state, or after
    `max_steps`; in a batch, each sample for itself. There is no gradient in reverse mode, as the
    number of steps is not known before; take it through `simulate` with constant inputs.

    **Arguments:** `node`; `inputs`, one tick's input, `[*port]` or `[batch, *port]`, or a dict by
    port; `tolerance`, one number in the state's units; `max_steps`; `dt` in ms; `key`, for
    stochastic nodes, as for `simulate`; `state` to start from, batched like the inputs, else rest.

    **Raises:** `NeuropilError` for inputs or a state that do not fit, a negative tolerance or no
    steps, and for a gradient in reverse mode.

    >>> from neuropil.cells import leaky_integrator
    >>> from neuropil.core import Current
    >>> membrane = leaky_integrator(2, receptors={"input": Current()})
    >>> rest = settle(membrane, jnp.ones(2), tolerance=1e-6, max_steps=1000)
    >>> bool(jnp.allclose(rest.cells["v"], 1.0, atol=1e-4))
    True
    """
    as_instance(node, "node", Node, "a Node")
    max_steps = as_count(max_steps, "max_steps")
    least = as_parameter(tolerance, "tolerance", minimum=0.0)
    if least.ndim:
        fail("tolerance", f"shape {least.shape}", "one number", "pass e.g. tolerance=1e-6")
    dt, key = as_time_step(dt), jax.random.key(0) if key is None else as_keys(key)
    arrays, batch = inputs_of_tick(node, inputs)
    return forward_only(_settle(node, state, arrays, least, max_steps, dt, key, batch))


@eqx.filter_jit
def _settle(node, state, inputs, tolerance, max_steps, dt, key, batch):
    keys = sample_keys(key, batch)
    if state is None:
        state = at_rest(node, keys, batch)
    else:
        check_state(node, state, keys, batch)

    def sample(state, inputs, key):
        inputs = complete(node, inputs)
        return _settle_sample(node, state, inputs, tolerance, max_steps, dt, key)

    if batch is None:
        return sample(state, inputs, keys)
    return jax.vmap(sample, axis_name="batch")(state, inputs, keys)


def _settle_sample(node, state, inputs, tolerance, max_steps, dt, key):
    def step(state, index):
        return node.step(state, inputs, tick_at(index, dt, key))[0]

    def moved(new, old):
        changes = [
            jnp.max(jnp.abs(a - b))
            for a, b in zip(jax.tree.leaves(new), jax.tree.leaves(old), strict=True)
            if jnp.issubdtype(jnp.result_type(a), jnp.floating) and jnp.size(a)
        ]
        return jnp.max(jnp.stack(changes)) if changes else jnp.zeros(())

    def is_moving(carry):
        _, change, index = carry
        return (change > tolerance) & (index < max_steps)

    def advance(carry):
        old, _, index = carry
        new = step(old, index)
        return new, moved(new, old), index + 1

    start = (state, jnp.array(jnp.inf), jnp.array(0, jnp.int32))
    return jax.lax.while_loop(is_moving, advance, start)[0]
