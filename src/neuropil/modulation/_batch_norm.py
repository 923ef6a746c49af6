"""Gain control: every neuron's input is brought to one mean and one spread."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import SweepNode, learnable
from ..numerics import as_instance, as_parameter, as_shape, fail
from ._statistics import BatchStatistics, FrozenStatistics, Statistics


class BatchNormState(NamedTuple):
    """The statistics that were last used; with `BatchStatistics`, those of the last block."""

    statistics: FrozenStatistics


class BatchNorm(SweepNode):
    r"""Normalisation per neuron, with a gain and a bias that are learnt.

    $y = g\,(x - \mu) / \sqrt{\sigma^2 + \epsilon} + b$

    With `BatchStatistics`, $\mu$ and $\sigma^2$ are taken over time and batch of the block being
    run, whole: in a run cut into pieces, be it by `checkpoint` or by carrying the state on, every
    piece is normalised by itself. The state then holds the statistics, alike in all samples;
    `frozen` turns (averages of) them into a map that is the same for every tick and sample.

    **Arguments:** `size`, the shape per tick; `eps`, $\epsilon$ in the input's unit squared;
    `statistics`; `gain` g and `bias` b, one or per neuron.

    **Raises:** `NeuropilError` for an `eps` that is not positive, and for statistics, gain or bias
    of another shape. When run: with `BatchStatistics` tick by tick or without a batch.

    >>> from neuropil.core import simulate
    >>> norm, x = BatchNorm(3), jax.random.normal(jax.random.key(0), (20, 8, 3))
    >>> state, records = simulate(norm, x, dt=1.0, key=jax.random.key(1))
    >>> bool(jnp.allclose(records.output.std((0, 1)), 1.0, atol=1e-4))
    True
    >>> one = jax.tree.map(lambda a: a[0], state.node.statistics)
    >>> _, alike = simulate(norm.frozen(one), x, dt=1.0, key=jax.random.key(1))
    >>> bool(jnp.allclose(alike.output, records.output, atol=1e-5))
    True

    Source: Ioffe and Szegedy 2015, arXiv:1502.03167.
    """

    size: tuple = eqx.field(static=True)
    eps: Float[Array, ""]
    statistics: Statistics
    gain: Float[Array, "*size"] = learnable()
    bias: Float[Array, "*size"] = learnable()

    def __init__(self, size, eps=1e-5, statistics: Statistics | None = None, gain=1.0, bias=0.0):
        self.size = as_shape(size, "size")
        self.eps = as_parameter(eps, "eps", positive=True)
        self.statistics = BatchStatistics() if statistics is None else statistics
        self.gain = _per_neuron(gain, "gain", self.size)
        self.bias = _per_neuron(bias, "bias", self.size)

    def __check_init__(self):
        """Refuse parts that do not fit together."""
        if self.eps.ndim:
            fail("eps", f"shape {self.eps.shape}", "one number", "pass e.g. eps=1e-5")
        as_instance(self.statistics, "statistics", Statistics, "BatchStatistics() or frozen ones")
        if isinstance(self.statistics, FrozenStatistics):
            _check_shape(self.statistics, self.size)

    @property
    def ports(self):
        """The one port `input`."""
        return {"input": self.size}

    @property
    def shape(self):
        """The shape of the input."""
        return self.size

    def init(self, *, key):
        """Return the statistics known so far."""
        return BatchNormState(self.statistics.init(self.size))

    def step(self, state, inputs, tick):
        """Normalise one tick; the statistics have to be frozen."""
        known = self.statistics.now()
        return BatchNormState(known), self._apply(known, inputs["input"])

    def sense(self, state):
        """Return nothing: what there is to see is the output."""
        return {}

    def sweep(self, state, inputs, ticks):
        """Normalise a block of ticks."""
        block = inputs["input"].astype(self.gain.dtype)
        statistics = self.statistics.over(block)
        return BatchNormState(statistics), self._apply(statistics, block)

    def frozen(self, statistics: FrozenStatistics) -> "BatchNorm":
        """Return the same node with fixed statistics, such as averages over many batches.

        **Raises:** `NeuropilError` unless they are `FrozenStatistics` of the node's size.
        """
        as_instance(statistics, "statistics", FrozenStatistics, "FrozenStatistics")
        _check_shape(statistics, self.size)
        return eqx.tree_at(lambda norm: norm.statistics, self, statistics, is_leaf=_is_statistics)

    def _apply(self, statistics, x):
        scale = self.gain * jax.lax.rsqrt(statistics.variance + self.eps)
        return (x - statistics.mean) * scale + self.bias


def _is_statistics(part):
    return isinstance(part, Statistics)


def _check_shape(statistics, size):
    if statistics.mean.shape != size:
        fail(
            "statistics",
            f"a mean of shape {statistics.mean.shape}",
            f"the node's size {size}",
            "of a batched state take one sample: jax.tree.map(lambda a: a[0], state.statistics)",
        )


def _per_neuron(value, name, size):
    array = as_parameter(value, name)
    if array.shape not in ((), size):
        fail(name, f"shape {array.shape}", f"one value, or shape {size}", "one per neuron")
    return jnp.broadcast_to(array, size)
