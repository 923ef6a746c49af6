"""Where the mean and variance that gain control divides by come from."""

from abc import abstractmethod

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..numerics import as_parameter, fail

_BATCH = "batch"  # the name that simulate gives to the axis of samples


class Statistics(eqx.Module):
    """A source of mean and variance, per neuron."""

    @abstractmethod
    def init(self, size: tuple[int, ...]) -> "FrozenStatistics":
        """Return what is known before the first tick."""

    @abstractmethod
    def now(self) -> "FrozenStatistics":
        """Return what is known at a single tick."""

    @abstractmethod
    def over(self, block: Float[Array, "time *size"]) -> "FrozenStatistics":
        """Return the statistics that hold for a block of ticks."""


class FrozenStatistics(Statistics):
    """Known numbers, the same at every tick.

    **Arguments:** `mean` and `variance`, one per neuron, in the input's unit and its square.

    **Raises:** `NeuropilError` for a negative variance, values that are not finite, and shapes
    that differ.

    >>> FrozenStatistics(jnp.zeros(2), jnp.ones(2)).now().variance
    Array([1., 1.], dtype=float32)
    """

    mean: Float[Array, "*size"] = eqx.field(converter=lambda value: as_parameter(value, "mean"))
    variance: Float[Array, "*size"] = eqx.field(
        converter=lambda value: as_parameter(value, "variance", minimum=0.0)
    )

    def __check_init__(self):
        """Refuse a mean and a variance of different neurons."""
        if self.mean.shape != self.variance.shape:
            fail(
                "variance",
                f"shape {self.variance.shape}",
                f"the shape of the mean, {self.mean.shape}",
                "give one mean and one variance per neuron",
            )

    def init(self, size):
        """Return itself."""
        return self

    def now(self):
        """Return itself."""
        return self

    def over(self, block):
        """Return itself."""
        return self


class BatchStatistics(Statistics):
    r"""Mean and variance over the ticks of the block and the samples of the batch.

    $\mu = \langle x \rangle_{t,b}$, $\quad\sigma^2 = \langle (x - \mu)^2 \rangle_{t,b}$, per
    neuron; gradients flow through both. The samples are those that `simulate` runs together.

    **Raises:** `NeuropilError` when run without a batch, or tick by tick.

    >>> block = jnp.array([[[1.0]], [[3.0]]])
    >>> jax.vmap(BatchStatistics().over, axis_name="batch")(block).mean
    Array([[2.],
           [2.]], dtype=float32)
    """

    def init(self, size):
        """Return mean 0 and variance 1, as nothing has been seen."""
        return FrozenStatistics(jnp.zeros(size), jnp.ones(size))

    def now(self):
        """Refuse: one tick does not know the others."""
        fail(
            "statistics",
            "BatchStatistics in a run tick by tick",
            "a whole block of ticks, as one tick cannot know the statistics of the others",
            "freeze it first, norm.frozen(state.statistics), or take it out of the cycle of "
            "projections (or of those that learn while they run) that makes it run tick by tick",
        )

    def over(self, block):
        """Return the block's statistics, the same in every sample."""
        mean = _over_samples(jnp.mean(block, axis=0))
        variance = _over_samples(jnp.mean(jnp.square(block - mean), axis=0))
        return FrozenStatistics(mean, variance)


def _over_samples(value):
    try:
        return jax.lax.pmean(value, _BATCH)
    except NameError:
        fail(
            "inputs",
            "a single sample without a batch axis",
            "a batch [time, batch, ...], as BatchStatistics are taken over its samples",
            "add the axis, inputs[:, None], or freeze the statistics first",
        )
