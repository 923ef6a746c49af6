"""How strongly to force: as little as keeps products of Jacobians from growing."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core import Node, Tick
from ..numerics import as_choice, as_count, as_instance, as_key, as_parameter, fail
from ._schedules import Schedule
from ._windows import Windows

Jacobians = Float[Array, "batch time size size"]


def optimal_forcing(norm: Any) -> Float[Array, ""]:
    r"""Return the least strength of forcing with which no product of Jacobians can grow.

    $$\alpha^* = \max(0,\ 1 - 1/\sigma)$$

    With forcing, gradients pass a tick as $(1 - \alpha) J_t$; at $\alpha^*$ the largest of these
    factors has norm 1 where $\sigma = \max_t \|J_t\|_2$, so all their products have at most 1.

    **Arguments:** `norm` $\sigma$, or a milder estimate in its place; see `adapt_forcing`.

    **Raises:** `NeuropilError` for what is not a number of at least 0.

    >>> float(optimal_forcing(2.0)), float(optimal_forcing(0.5))
    (0.5, 0.0)

    Source: Hess et al. 2023, https://doi.org/10.48550/arXiv.2306.04406
    """
    return _strength(as_parameter(norm, "norm", minimum=0.0))


def adapt_forcing(
    windows: Windows,
    growth: str | Callable[[Any, Array], Array] = "geometric mean of norms",
    *,
    sequences: int = 16,
    decay: float = 0.999,
    key,
) -> Schedule:
    r"""Return a schedule that forces a `cells.TeacherForced` as strongly as it needs.

    At the start of every epoch, Jacobians are taken at the states that a batch of windows shows,
    n is estimated from them, and

    $$\alpha' = \max(0, 1 - 1/n), \qquad
      \alpha \leftarrow \begin{cases} \alpha' & \alpha' > \alpha \\
      \gamma \alpha + (1 - \gamma) \alpha' & \text{else} \end{cases}$$

    Begin with `alpha` 1. To adapt every five batches, let an epoch be five batches: `Windows` with
    `size` five times the batch.

    **Arguments:** `windows`, the data; `growth`, which n: `"largest"`, $\max \|J_t\|$, with which
    no product grows; and milder, the largest over sequences of `"geometric mean of norms"`,
    `"norm of mean"`, or `"norm of geometric mean"`, $\|\exp \overline{\log J_t}\|$;
    `"parameters"`, a bound from the parameters alone that the model has to give as
    `jacobian_bound()`; or a function of the node and the states `[batch, time, size]`;
    `sequences`, how many windows; `decay` $\gamma$; `key`, for the windows.

    **Raises:** `NeuropilError` for another name, and for values out of range.

    >>> windows = Windows(np.zeros((100, 3)), length=20, size=80)
    >>> schedule = adapt_forcing(windows, "largest", key=jax.random.key(0))

    Source: Hess et al. 2023, https://doi.org/10.48550/arXiv.2306.04406
    """
    as_instance(windows, "windows", Windows, "Windows")
    estimate = growth if callable(growth) else GROWTHS[as_choice(growth, "growth", GROWTHS)]
    count, key = as_count(sequences, "sequences"), as_key(key)
    if not isinstance(decay, float) or not 0 <= decay < 1:
        fail("decay", decay, "a float from 0 to below 1", "pass e.g. decay=0.999")

    @eqx.filter_jit
    def adapted(node, epoch):
        keys = jax.random.split(jax.random.fold_in(key, epoch), count)
        inputs, _ = windows.take(np.arange(count), keys)
        states = jax.vmap(jax.vmap(node.begin))(jnp.swapaxes(inputs["forcing"], 0, 1))
        new = _strength(estimate(node, states)).astype(node.alpha.dtype)
        return jnp.where(new > node.alpha, new, decay * node.alpha + (1 - decay) * new)

    def schedule(node: Node, epoch: int) -> Node:
        return eqx.tree_at(lambda n: n.alpha, node, adapted(node, jnp.asarray(epoch)))

    return schedule


def _strength(norm):
    return jnp.maximum(0.0, 1.0 - 1.0 / jnp.maximum(norm, 1.0))


def _jacobians(node, states) -> Jacobians:
    """Return the derivative of the model's next state by every state."""
    tick = Tick(jnp.zeros((), jnp.int32), 1.0, jax.random.key(0))
    inputs = {port: jnp.zeros(shape) for port, shape in node.model.ports.items()}
    derivative = jax.jacfwd(lambda z: node.model.step(z, inputs, tick)[1])
    return jax.vmap(jax.vmap(derivative))(states)


def _norms(matrices):
    return jnp.linalg.norm(matrices, 2, axis=(-2, -1))


def _largest(node, states):
    return jnp.max(_norms(_jacobians(node, states)))


def _geometric_mean_of_norms(node, states):
    return jnp.max(jnp.exp(jnp.mean(jnp.log(_norms(_jacobians(node, states))), axis=1)))


def _norm_of_mean(node, states):
    return jnp.max(_norms(jnp.mean(_jacobians(node, states), axis=1)))


def _norm_of_geometric_mean(node, states):
    mean = jnp.mean(_log(_jacobians(node, states)), axis=1)
    return jnp.max(_norms(jax.scipy.linalg.expm(mean)))


def _log(matrices):
    """Return the principal logarithms, which are complex where an eigenvalue is negative."""
    values, vectors = jnp.linalg.eig(matrices)
    least = jnp.finfo(matrices.dtype).tiny
    logs = jnp.log(jnp.where(jnp.abs(values) < least, least, values))
    return (vectors * logs[..., None, :]) @ jnp.linalg.inv(vectors)


def _of_parameters(node, states):
    return node.model.jacobian_bound()


GROWTHS: dict[str, Callable[[Any, Array], Array]] = {
    "largest": _largest,
    "geometric mean of norms": _geometric_mean_of_norms,
    "norm of mean": _norm_of_mean,
    "norm of geometric mean": _norm_of_geometric_mean,
    "parameters": _of_parameters,
}
