import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ._checks import as_recording


def softmax_over_time(
    output: Float[Array, "time *rest classes"],
) -> Float[Array, "*rest classes"]:
    r"""Return the score $m_c = \sum_t \mathrm{softmax}_c(y_t)$: every tick has one vote to share.

    **Arguments:** `output`, `[time, batch, classes]` or any array with time first, classes last.

    **Raises:** `NeuropilError` for anything else.

    >>> softmax_over_time(jnp.array([[0.0, 0.0], [50.0, 0.0]])).tolist()
    [1.5, 0.5]

    Source: Hammouamri et al. 2023, arXiv:2306.17670.
    """
    output = as_recording(output, "output", "[time, ..., classes]", least=2)
    return jnp.sum(jax.nn.softmax(output, axis=-1), axis=0)
