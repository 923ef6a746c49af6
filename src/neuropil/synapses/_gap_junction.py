"""Electrical synapses."""

from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Connectivity, Drive, Receptor
from ..numerics import as_instance, as_parameter, fail
from ._parameter import parameter


class GapJunction(Receptor):
    r"""Electrical synapses: $I_i = \sum_j g_{ij}\,(v_j - v_i)$.

    For projections that start at a potential, `source="cells.v"`, with one tick of delay: the
    potentials at the end of the last tick are those at the beginning of this one. What arrives is
    $\sum_j g_{ij} v_j$; its own share needs $\sum_j g_{ij}$, which :func:`gap_junction` computes.
    Use a port of its own for them.

    **Arguments:** `total` $\sum_j g_{ij}$ (uS), one or per neuron.

    **Raises:** `NeuropilError` for a negative conductance, or one that is not finite.

    >>> drive = GapJunction(0.2).step((), jnp.array([-12.0]), None, None)[1]  # 0.2 uS to -60 mV
    >>> round(float(drive.current(jnp.array([-70.0]))[0]), 4)
    2.0

    Source: Gerstner et al. 2014, Neuronal Dynamics, doi:10.1017/CBO9781107447615.
    """

    least_weight: ClassVar[float] = 0.0
    knows_weights: ClassVar[bool] = True
    total: Float[Array, "..."] = parameter("total", "uS", 0.0, minimum=0.0)

    def init(self, size):
        """Return no state."""
        return ()

    def step(self, state, arriving, v, tick):
        """Pull towards the potentials of the neighbours."""
        return state, Drive(const=arriving, slope=self.total)


def gap_junction(connectivity: Connectivity, weight: Float[Array, "..."]) -> GapJunction:
    r"""Return the receptor for gap junctions of the given conductances.

    **Arguments:** `connectivity`; `weight` $g_{ij}$ (uS), of the connectivity's `weight_shape`, as
    for the projection.

    **Raises:** `NeuropilError` for anything but a connectivity, weights of another shape, and
    negative weights.

    >>> from neuropil.connectivity import Dense
    >>> gap_junction(Dense(2, 2), jnp.array([[0.0, 0.1], [0.3, 0.0]])).total.tolist()
    [0.30..., 0.10...]
    """
    as_instance(connectivity, "connectivity", Connectivity, "a Connectivity")
    weight = as_parameter(weight, "weight", unit="uS", minimum=0.0, may_be_empty=True)
    expected = connectivity.weight_shape
    if weight.shape != expected:
        fail("weight", f"shape {weight.shape}", f"shape {expected}", "give one per synapse")
    ones = jnp.ones((connectivity.depth + 1, *connectivity.source), weight.dtype)
    return GapJunction(connectivity.transmit(weight, connectivity.read(ones)))
