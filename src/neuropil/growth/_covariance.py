"""Running statistics of dendrites and errors, one per neuron."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float


class Covariance(NamedTuple):
    """Running averages: means and variances of output and error, and how they vary together."""

    output: Array
    error: Array
    spread: Array
    error_spread: Array
    together: Array

    @property
    def score(self) -> Array:
        r"""$S = |\langle (d - \bar d)(\delta - \bar\delta) \rangle|$."""
        return jnp.abs(self.together)

    @property
    def correlation(self) -> Array:
        """The covariance over both standard deviations; 0 where one of them is 0."""
        scale = jnp.sqrt(self.spread * self.error_spread)
        return jnp.where(scale > 0, self.together / jnp.where(scale > 0, scale, 1.0), 0.0)


def mean_like(x: Float[Array, "time batch *size"], shape: tuple[int, ...]) -> Array:
    """Return the mean over time, batch and the axes along which neurons share their weights."""
    shared = tuple(
        axis + 2 for axis, (n, all_) in enumerate(zip(shape, x.shape[2:], strict=True)) if n < all_
    )
    return jnp.mean(x, axis=(0, 1, *shared), keepdims=True).reshape(shape)


def nothing_yet(shape: tuple[int, ...]) -> Covariance:
    """Return statistics of nothing, to be forgotten with a decay of 0."""
    return Covariance(*[jnp.zeros(shape)] * 5)


def covariance(before: Covariance, output: Array, error: Array, decay: Array | float) -> Covariance:
    """Return the statistics after a batch: those before times `decay`, and the rest from it."""
    shape = before.output.shape

    def averaged(old, x):
        return decay * old + (1.0 - decay) * mean_like(x, shape)

    mean, error_mean = averaged(before.output, output), averaged(before.error, error)
    d, delta = output - mean, error - error_mean
    return Covariance(
        mean,
        error_mean,
        averaged(before.spread, d * d),
        averaged(before.error_spread, delta * delta),
        averaged(before.together, d * delta),
    )
