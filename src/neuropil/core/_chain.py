"""The short form for stacks: nodes one after another, with what connects them in between."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array

from ..numerics import as_key, fail
from ._connectivity import Connectivity
from ._network import Network
from ._node import Input, Node
from ._plasticity import Plasticity
from ._projection import Bounds, Projection, check_synapses, optional_parameter


class Link(eqx.Module):
    """A connectivity with what a projection adds to it, for use in :func:`chain`.

    **Arguments:** as for :class:`Projection`; `weight` None draws it from
    $U(-\\sqrt{3/n}, \\sqrt{3/n})$ with n the fan-in, as magnitudes where the bounds allow no
    negative weights, and within the bounds.

    **Raises:** `NeuropilError` as `Projection` does.
    """

    connectivity: Connectivity
    weight: Array | None = optional_parameter("weight", may_be_empty=True)
    sign: Array | None = optional_parameter("sign")
    bounds: Bounds | None = None
    plasticity: Plasticity | None = None

    def __check_init__(self):
        """Refuse parts that do not fit together."""
        check_synapses(self)


def chain(*parts: Node | Connectivity | Link, key) -> Network:
    r"""Return a network in which every node feeds the next.

    **Arguments:** `parts`, alternating nodes and connectivities (or `Link`s), beginning and ending
    with a node; `key`, for the weights. Nodes are named `input`, `hidden1`, `hidden2`, ...,
    `output` by position.

    **Raises:** `NeuropilError` when nodes and connectivities do not alternate, or shapes do not
    meet.

    >>> from neuropil.cells import lif
    >>> from neuropil.connectivity import Dense
    >>> net = chain(Input(4), Dense(4, 3), lif(3), key=jax.random.key(0))
    >>> list(net.nodes)
    ['input', 'output']
    """
    as_key(key)
    alternates = len(parts) % 2 == 1 and all(
        isinstance(part, (Connectivity, Link) if position % 2 else Node)
        for position, part in enumerate(parts)
    )
    if not alternates:
        fail(
            "parts",
            [type(part).__name__ for part in parts],
            "nodes and connectivities in turn, with a node at both ends",
            "write e.g. chain(Input(4), Dense(4, 3), lif(3), key=key)",
        )
    nodes, links = parts[::2], parts[1::2]
    names = _names(len(nodes), isinstance(nodes[0], Input))
    keys = jax.random.split(key, max(len(links), 1))
    projections = [
        _project(source, target, link if isinstance(link, Link) else Link(link), k)
        for source, target, link, k in zip(names, names[1:], links, keys, strict=False)
    ]
    return Network(dict(zip(names, nodes, strict=True)), tuple(projections), names[-1])


def _names(count, starts_with_input):
    if count == 1:
        return ["output"]
    first = "input" if starts_with_input else "hidden0"
    return [first, *(f"hidden{i}" for i in range(1, count - 1)), "output"]


def _project(source, target, link, key):
    connectivity, weight = link.connectivity, link.weight
    if weight is None:
        limit = jnp.sqrt(3.0 / connectivity.fan_in)
        weight = jax.random.uniform(key, connectivity.weight_shape, minval=-limit, maxval=limit)
        if link.bounds is not None:
            keeps_magnitudes = link.bounds.lower >= 0.0
            weight = link.bounds.project(jnp.abs(weight) if keeps_magnitudes else weight)
    return Projection(source, target, connectivity, weight, link.sign, link.bounds, link.plasticity)
