"""What learns in which phase."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax

from ..core import Network, Projection, learnable_mask
from ..numerics import as_choice, fail
from ._find import dendrites_of, is_perforated


def neuron_mask(network: Network) -> Any:
    """Return flags for `fit`: all that learns by default, less what is in dendrites.

    The weights by which dendrites reach their neurons are the neurons' and learn with them.

    **Raises:** `NeuropilError` for anything but a network.

    >>> from neuropil.cells import Units
    >>> from neuropil.connectivity import Dense
    >>> from neuropil.core import Input, chain
    >>> from neuropil.growth import add_dendrites
    >>> net = chain(Input(3), Dense(3, 2), Units(2), key=jax.random.key(0))
    >>> sum(jax.tree.leaves(neuron_mask(add_dendrites(net, key=jax.random.key(1)))))
    3
    """
    inside = {name for names in dendrites_of(network).values() for name in names}
    return _mask(network, lambda name: name not in inside, lambda p: not is_perforated(p))


def dendrite_mask(network: Network, names: tuple[str, ...]) -> Any:
    """Return flags for what is in some dendrites: their biases, and the synapses onto them.

    **Arguments:** `names`, of dendrite nodes, as :func:`dendrites_of` lists them.

    **Raises:** `NeuropilError` for anything but a network, and for names of other nodes.
    """
    if isinstance(names, str) or not isinstance(names, tuple | list):
        fail("names", names, "a tuple of names", "pass e.g. dendrites_of(network)['hidden1.input']")
    known = [name for found in dendrites_of(network).values() for name in found]
    for name in names:
        as_choice(name, "names", known)
    return _mask(
        network, names.__contains__, lambda p: is_perforated(p) and p.target.split(".")[0] in names
    )


def _mask(
    network: Network, node_learns: Callable[[str], bool], learns: Callable[[Projection], bool]
):
    mask = learnable_mask(network)
    nodes = {n: own if node_learns(n) else _off(own) for n, own in mask.nodes.items()}
    pairs = zip(network.projections, mask.projections, strict=True)
    projections = tuple(own if learns(p) else _off(own) for p, own in pairs)
    return eqx.tree_at(lambda m: (m.nodes, m.projections), mask, (nodes, projections))


def _off(mask):
    return jax.tree.map(lambda _: False, mask)
