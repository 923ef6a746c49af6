"""A network that need not be trained, to see what gradients through chaos do."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ...cells import ShallowPLRNN
from ._series import Series

RANDOM, RIDGE = 200, 1e-4


def random_feature_network(series: Series, seed: int) -> ShallowPLRNN:
    r"""Return a network that foretells one step, by ridge regression on random rectified units.

    $W_2 \sim U(-1, 1)$, $h_2 \sim U(-2, 2)$; A, in full, $W_1$ and $h_1$ are regressed. What of A
    is not on its diagonal is in two more units per variable, as $z = \max(0, z) - \max(0, -z)$.
    """
    rng, points = np.random.default_rng(seed), series.train
    size = points.shape[1]
    w2, h2 = rng.uniform(-1, 1, (RANDOM, size)), rng.uniform(-2, 2, RANDOM)
    now, after = points[:-1], points[1:]
    known = np.hstack([now, np.maximum(0, now @ w2.T + h2), np.ones((len(now), 1))])
    penalty = RIDGE * np.eye(known.shape[1])
    found = np.linalg.solve(known.T @ known + penalty, known.T @ after).T
    full, w1, h1 = found[:, :size], found[:, size:-1], found[:, -1]
    aside, each = full - np.diag(np.diag(full)), np.eye(size)
    node = ShallowPLRNN(size, RANDOM + 2 * size, key=jax.random.key(0))
    values = (
        np.diag(full),
        np.hstack([w1, aside, -aside]),
        np.vstack([w2, each, -each]),
        h1,
        np.concatenate([h2, np.zeros(2 * size)]),
    )
    return eqx.tree_at(
        lambda n: (n.a, n.w1, n.w2, n.h1, n.h2),
        node,
        [jnp.asarray(value, node.a.dtype) for value in values],
    )


def jacobians_along(model: ShallowPLRNN, points: np.ndarray) -> np.ndarray:
    """Return the model's Jacobians at points, in double precision."""
    found = jax.jit(jax.vmap(model.jacobian))(jnp.asarray(points, jnp.float32))
    return np.asarray(found, np.float64)


def largest_product(jacobians: np.ndarray) -> float:
    """Return the largest norm of all products of consecutive matrices, wherever they begin."""
    products, largest = np.zeros((0, *jacobians.shape[1:])), 0.0
    for matrix in jacobians:
        products = np.concatenate([matrix @ products, matrix[None]])
        largest = max(largest, float(np.linalg.norm(products, 2, axis=(1, 2)).max()))
    return largest
