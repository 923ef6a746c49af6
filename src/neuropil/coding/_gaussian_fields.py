import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..numerics import as_count, as_parameter, fail, is_traced


class GaussianFields(eqx.Module):
    r"""A population code: neurons with Gaussian receptive fields, evenly spaced over a range.

    $a_j(x) = \exp(-(x - c_j)^2 / 2 w^2)$, with centres $c_j$ from `low` to `high`. The activations
    lie between 0 and 1, ready for :func:`latency` or a rate.

    **Arguments:** `low`, `high`, the range, one or per feature; `fields`, how many neurons per
    feature, at least 2; `width` w, in the values' unit (None: the distance between centres).

    **Raises:** `NeuropilError` unless low < high, there are 2 fields and the width is positive.

    >>> GaussianFields(0.0, 1.0, fields=3, width=0.5)(jnp.array([0.5])).shape
    (1, 3)

    Source: Bohte et al. 2002, doi:10.1016/S0925-2312(01)00658-0.
    """

    low: Float[Array, "..."]
    high: Float[Array, "..."]
    fields: int = eqx.field(static=True)
    width: Float[Array, "..."]

    def __init__(self, low, high, fields: int, width=None):
        self.low, self.high = as_parameter(low, "low"), as_parameter(high, "high")
        self.fields = as_count(fields, "fields", minimum=2)
        _check_broadcast(self.low.shape, self.high, "high")
        spacing = (self.high - self.low) / (self.fields - 1)
        if not is_traced(spacing) and not np.all(np.asarray(spacing) > 0.0):
            fail("high", high, f"more than low = {low}", "exchange the two")
        self.width = spacing if width is None else as_parameter(width, "width", positive=True)
        _check_broadcast(spacing.shape, self.width, "width")

    @property
    def centres(self) -> Float[Array, "... fields"]:
        """The value that each neuron likes best."""
        along = jnp.linspace(0.0, 1.0, self.fields)
        return self.low[..., None] + (self.high - self.low)[..., None] * along

    def __call__(self, values: Float[Array, "*features"]) -> Float[Array, "*features fields"]:
        """Return the activations, with the neurons as the last axis.

        **Raises:** `NeuropilError` for values that are not finite numbers.
        """
        values = as_parameter(values, "values")
        _check_broadcast(self.centres.shape[:-1], values, "values")
        distance = (values[..., None] - self.centres) / self.width[..., None]
        return jnp.exp(-0.5 * jnp.square(distance))


def _check_broadcast(shape, array, name):
    try:
        jnp.broadcast_shapes(shape, array.shape)
    except ValueError:
        expected = f"a shape that goes with the range's {shape}"
        fail(name, f"shape {array.shape}", expected, "give one value, or one per feature, last")
