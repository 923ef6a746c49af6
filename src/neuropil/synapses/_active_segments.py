"""Dendritic segments that act only where enough of their synapses are active."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Drive, Receptor
from ..numerics import FastSigmoid, Surrogate, as_count, as_instance
from ._parameter import parameter


class ActiveSegments(Receptor):
    r"""Active dendritic segments: a neuron feels a spike of any of its segments.

    $u_k = \sum_i w_{ki} s_i$ arrives at segment k; a segment with $u_k \ge \theta$ has a dendritic
    (NMDA) spike, and the membrane jumps by $h$ where any segment has one,
    $v \leftarrow v + h\,\max_k \Theta(u_k - \theta)$.

    The port has the shape of the population and one more axis, of segments; connect it with
    `connectivity.segments`. Synapses on different segments do not add up. Derivatives are the
    surrogate's, of the segment that is nearest to its threshold.

    **Arguments:** `segments`, how many a neuron has; `threshold` $\theta$, in units of the
    weights: the number of active synapses where these are 1, one or per neuron; `height` h (mV),
    one or per neuron; `surrogate`, of the step.

    **Raises:** `NeuropilError` for a number of segments below 1, a threshold that is not positive,
    and what is no surrogate.

    >>> from neuropil.core import Tick
    >>> arriving = jnp.array([[8.0, 2.0], [7.0, 7.0]])  # two neurons with two segments each
    >>> _, drive = ActiveSegments(2, threshold=8.0).step((), arriving, jnp.zeros(2), None)
    >>> drive.jump.tolist()
    [1.0, 0.0]

    Source: Ahmad and Hawkins 2016, arXiv:1601.00720.
    """

    segments: int = eqx.field(static=True, converter=lambda value: as_count(value, "segments"))
    threshold: Float[Array, "..."] = parameter("threshold", "synapses", 10.0, positive=True)
    height: Float[Array, "..."] = parameter("height", "mV", 1.0)
    surrogate: Surrogate = eqx.field(default_factory=FastSigmoid)

    def __check_init__(self):
        """Refuse anything but a surrogate."""
        as_instance(self.surrogate, "surrogate", Surrogate, "a Surrogate")

    def port(self, size):
        """Return the shape of the population, and its segments last."""
        return (*size, self.segments)

    def init(self, size):
        """Return no state."""
        return ()

    def step(self, state, arriving, v, tick):
        """Let the membrane jump where a segment reaches its threshold."""
        nearest = jnp.max(arriving, axis=-1) - self.threshold
        return state, Drive(jump=self.height * self.surrogate(nearest))
