"""How much two attractors differ in where their trajectories go."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..numerics import as_count, as_key, fail
from ._checks import as_trajectories


def attractor_distance(
    true: ArrayLike,
    generated: ArrayLike,
    *,
    bins: int = 30,
    smoothing: float = 1e-5,
) -> float:
    r"""Return how far a generated attractor is from the true one, as shares of time in boxes.

    $$D_\mathrm{stsp} = \sum_k p_k \log \frac{p_k}{q_k}, \qquad
      p_k = \frac{n_k + \epsilon}{\sum_j (n_j + \epsilon)}$$

    where $n_k$ counts the points in a box, for p of the true and for q of the generated
    trajectory. Boxes go from the least true value less 0.1 standard deviations to the largest and
    0.1 more, on every axis; generated points outside of all boxes are not counted. It takes up to
    about five dimensions; see `mixture_distance` for more.

    **Arguments:** `true` and `generated`, `[time, dimensions]`; `bins` per axis, fewer for short
    trajectories; `smoothing` $\epsilon$.

    **Returns:** the divergence in nats; infinite where the generated trajectory is not finite or
    never in a box.

    **Raises:** `NeuropilError` for a true trajectory that is not finite, and where dimensions
    differ or there are too many boxes.

    >>> rng = np.random.default_rng(0)
    >>> first, second = rng.normal(size=(2, 5000, 2))
    >>> attractor_distance(first, second) < 0.3 < attractor_distance(first, second + 1.0)
    True

    Source: Koppe et al. 2019, https://doi.org/10.1371/journal.pcbi.1007263; Hess et al. 2023,
    https://doi.org/10.48550/arXiv.2306.04406
    """
    true, generated, is_finite = as_trajectories(true, generated)
    bins, smoothing = as_count(bins, "bins"), _as_positive(smoothing, "smoothing")
    boxes = bins ** true.shape[1]
    if boxes > 10**8:
        fail("bins", f"{bins} on {true.shape[1]} axes", "at most 1e8 boxes",
             "take fewer, or use mixture_distance")  # fmt: skip
    if not is_finite:
        return float("inf")
    margin = 0.1 * true.std(axis=0)
    margin = np.where(margin > 0, margin, 0.5)
    edges = np.linspace(true.min(axis=0) - margin, true.max(axis=0) + margin, bins + 1).T
    counts = [np.histogramdd(points, list(edges))[0].ravel() for points in (true, generated)]
    if not counts[1].any():
        return float("inf")
    p, q = ((n + smoothing) / (n.sum() + smoothing * boxes) for n in counts)
    return float(np.sum(p * np.log(p / q)))


def mixture_distance(
    true: ArrayLike,
    generated: ArrayLike,
    *,
    key: Any,
    variance: float = 1.0,
    samples: int = 1000,
    most: int = 10_000,
) -> float:
    r"""Return how far a generated attractor is from the true one, in many dimensions.

    $$D_\mathrm{stsp} \approx \frac{1}{S} \sum_s \log \frac{p(x_s)}{q(x_s)}, \qquad
      p(x) = \frac{1}{T} \sum_t N(x; x_t, \sigma^2 I), \quad x_s \sim p$$

    a Gaussian around every point of the true trajectory for p, of the generated one for q.

    **Arguments:** `true` and `generated`, `[time, dimensions]`, standardised; `key`, for the
    samples; `variance` $\sigma^2$; `samples` S; `most`, of how many points of each trajectory a
    mixture is made, evenly spaced.

    **Returns:** the divergence in nats; infinite where the generated trajectory is not finite.

    **Raises:** `NeuropilError` for a true trajectory that is not finite, and where dimensions
    differ.

    >>> import jax
    >>> rng = np.random.default_rng(0)
    >>> first, second = rng.normal(size=(2, 500, 20))
    >>> key = jax.random.key(0)
    >>> mixture_distance(first, second, key=key) < mixture_distance(first, second + 1.0, key=key)
    True

    Source: Hess et al. 2023, https://doi.org/10.48550/arXiv.2306.04406
    """
    true, generated, is_finite = as_trajectories(true, generated)
    variance = _as_positive(variance, "variance")
    samples, most, rng = as_count(samples, "samples"), as_count(most, "most"), _generator(key)
    if not is_finite:
        return float("inf")
    true, generated = (points[:: -(-len(points) // most)] for points in (true, generated))
    drawn = true[rng.integers(len(true), size=samples)]
    drawn = drawn + np.sqrt(variance) * rng.normal(size=drawn.shape)
    p, q = (_log_density(drawn, points, variance) for points in (true, generated))
    return float(np.mean(p - q))


def _log_density(at, points, variance):
    """Return the logarithm of a mixture's density, but for the factor that all mixtures share."""
    found = np.empty(len(at))
    for start in range(0, len(at), 100):
        part = at[start : start + 100]
        squares = (part**2).sum(1)[:, None] - 2 * part @ points.T + (points**2).sum(1)
        exponent = -squares / (2 * variance)
        top = exponent.max(axis=1, keepdims=True)
        found[start : start + 100] = top[:, 0] + np.log(np.exp(exponent - top).mean(axis=1))
    return found


def _generator(key):
    import jax

    words = np.asarray(jax.random.bits(as_key(key), (4,), "uint32"))
    return np.random.default_rng(words)


def _as_positive(value, name):
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not np.isfinite(value) or value <= 0:
        fail(name, value, "a positive finite number", f"pass e.g. {name}=1.0")
    return float(value)
