import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import SweepNode, learnable
from ..numerics import as_parameter, as_shape, fail


class ComplexCells(SweepNode):
    r"""Cells that answer to a pattern and to its negative alike, $y = |x| + b$.

    The larger of the answers of two simple cells with opposite kernels. Of what moves, linear cells
    that are averaged over all places know only how much there is, not where it moves to: they need
    a step like this one.

    **Arguments:** `size`, the shape per tick; `bias` b, learnt: one number, or an array of as many
    axes as `size`, shared along those of length one.

    **Raises:** `NeuropilError` for a size that is not positive, and a bias of another shape.

    >>> from neuropil.core import simulate
    >>> import jax
    >>> x = jnp.array([[1.0, -2.0]])
    >>> simulate(ComplexCells(2, -0.5), x, dt=1.0, key=jax.random.key(0))[1].output.tolist()
    [[0.5, 1.5]]

    Source: Grimaldi and Perrinet 2023, https://doi.org/10.1007/s00422-023-00975-8
    """

    size: tuple = eqx.field(static=True)
    bias: Float[Array, "..."] = learnable()

    def __init__(self, size, bias=0.0):
        self.size, bias = as_shape(size, "size"), as_parameter(bias, "bias")
        self.bias = bias if bias.ndim else jnp.broadcast_to(bias, self.size)

    def __check_init__(self):
        """Refuse biases of other cells."""
        shared = zip(self.bias.shape, self.size, strict=False)
        if self.bias.ndim != len(self.size) or any(own not in (1, n) for own, n in shared):
            expected = f"one bias, or a shape like {self.size}, with ones where it is shared"
            fail("bias", f"shape {self.bias.shape}", expected, "give one per cell")

    @property
    def ports(self):
        """The one port `input`."""
        return {"input": self.size}

    @property
    def shape(self):
        """One answer per cell."""
        return self.size

    def init(self, *, key):
        """Return no state."""
        return ()

    def step(self, state, inputs, tick):
        """Return the answers."""
        return state, jnp.abs(inputs["input"]) + self.bias

    def sweep(self, state, inputs, ticks):
        """Return the answers of all ticks."""
        return self.step(state, inputs, ticks)

    def sense(self, state):
        """Return nothing: there is no state."""
        return {}
