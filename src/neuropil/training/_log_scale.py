"""Positive parameters, learnt on a logarithmic scale."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import optax

from ..numerics import fail


def on_log_scale(
    optimizer: optax.GradientTransformation, lower: float = 0.0, upper: float = math.inf
) -> optax.GradientTransformation:
    r"""Return an optimiser of positive parameters that moves their logarithms.

    With $\phi = \log \theta$: $\;\theta \leftarrow \exp \Pi[\phi + U(\theta\, \nabla_\theta L)]$.
    That is exactly what the optimiser U does if $\phi$ is the parameter; a step changes $\theta$ by
    a share of itself and never its sign. $\Pi$ moves it into its range. Any time constant,
    threshold or gain of any model is learnt so, without another form of the model.

    **Arguments:** `optimizer` U, any optax transformation; `lower` and `upper`, the range of
    $\theta$.

    **Raises:** `NeuropilError` for anything that is no optax transformation, and limits that are
    negative or in the wrong order.

    >>> moves = on_log_scale(optax.sgd(1.0), lower=2.0)
    >>> tau, gradient = jnp.array([10.0]), jnp.array([0.01])
    >>> update, _ = moves.update(gradient, moves.init(tau), tau)
    >>> bool(jnp.isclose((tau + update)[0], 10.0 * math.exp(-0.1)))
    True
    """
    if not isinstance(optimizer, optax.GradientTransformation):
        fail("optimizer", optimizer, "an optax transformation", "pass e.g. optax.adam(1e-2)")
    for name, limit in (("lower", lower), ("upper", upper)):
        is_number = isinstance(limit, int | float) and not isinstance(limit, bool)
        if not is_number or math.isnan(limit) or limit < 0:
            fail(name, limit, "a number, at least 0", f"pass e.g. {name}=2.0")
    if not lower < upper:
        fail("lower", f"{lower:g} and {upper:g}", "lower < upper", "pass e.g. lower=2, upper=200")

    def init(params: Any) -> Any:
        return optimizer.init(jax.tree.map(jnp.log, params))

    def update(updates: Any, state: Any, params: Any = None) -> tuple[Any, Any]:
        logs = jax.tree.map(jnp.log, params)
        by_logs = jax.tree.map(jnp.multiply, updates, params)
        moves, state = optimizer.update(by_logs, state, logs)

        def moved(value, move):
            return jnp.clip(value * jnp.exp(move), lower, upper) - value

        return jax.tree.map(moved, params, moves), state

    return optax.GradientTransformation(init, update)
