"""Dendrites for the neurons of any network."""

import math
import zlib
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
from jaxtyping import Array

from ..cells import Units
from ..connectivity import Conv2d, OneToOne, Perforated
from ..core import Bounds, Connectivity, Network, Population, Projection
from ..numerics import as_choice, as_key, fail
from ._find import dendrites_of, is_perforated, port_of

Initialiser = Callable[[Connectivity, Array], Array]


def faint(connectivity: Connectivity, key) -> Array:
    """Draw weights from $N(0, 0.01^2)$."""
    return 0.01 * jax.random.normal(key, connectivity.weight_shape)


def add_dendrites(
    network: Network,
    projections: Sequence[str] | None = None,
    *,
    key,
    initial: Initialiser = faint,
    activation: Callable[[Array], Array] = jax.nn.sigmoid,
) -> Network:
    r"""Return the network with one more dendrite for every neuron that projections lead to.

    $d_{ij} = g(v_{ij} x + c_{ij} + \sum_{l<j} q_{ijl}\, d_{il})$, $\quad a_i = w_i x + \sum_j
    p_{ij}\, d_{ij}$

    What arrives at a port becomes $a_i$, with $p_{ij} = 0$ at first: nothing changes yet. All
    dendrites of a port are one node, fed by copies of the projections that lead to the port, with
    weights of their own, and by the older dendrites of the same neurons. Nothing is propagated
    back through a dendrite (:class:`~neuropil.connectivity.Perforated`): to the layers before it
    is a constant. Neurons of an image that share a kernel share their dendrite's kernel and p.

    Dendrites have neither the signs nor the bounds of what they copy: v may excite and inhibit. p
    stays positive where the port takes conductances.

    **Arguments:** `network`; `projections`, by name (`"input -> hidden1"`), None for all but those
    from one neuron to one; `key`; `initial`, from a connectivity and a key to first weights, by
    default normal with standard deviation 0.01; `activation` g.

    **Raises:** `NeuropilError` for unknown names, and where no projection is left.

    >>> from neuropil.connectivity import Dense
    >>> from neuropil.core import Input, chain
    >>> net = chain(Input(3), Dense(3, 2), Units(2), key=jax.random.key(0))
    >>> grown = add_dendrites(net, key=jax.random.key(1))
    >>> [p.name for p in grown.projections]  # doctest: +NORMALIZE_WHITESPACE
    ['input -> output', 'input -> output_dendrite1', 'output_dendrite1 -> output.input']

    Source: Brenner 2025, arXiv:2501.18018.
    """
    older, key = dendrites_of(network), as_key(key)
    if not callable(initial):
        fix = "pass e.g. connectivity.normal"
        fail("initial", initial, "a function of a connectivity and a key", fix)
    nodes, added = dict(network.nodes), []
    for port, copied in _by_port(network, projections).items():
        before = older.get(port, ())
        name = f"{port.removesuffix('.input').replace('.', '_')}_dendrite{len(before) + 1}"
        if name in nodes:
            fail("network", f"a node called {name!r}", "this name for the dendrites", "rename it")
        shares = all(isinstance(p.connectivity, Conv2d) for p in copied)
        own = _to_itself(copied[0].connectivity.target, shares)
        sources = [(p.source, p.connectivity) for p in copied] + [(node, own) for node in before]
        for index, (source, connectivity) in enumerate(sources):
            number = zlib.crc32(f"{source} -> {name} {index}".encode())
            weight = _drawn(initial, connectivity, jax.random.fold_in(key, number))
            added.append(Projection(source, name, Perforated(connectivity), weight))
        bounds = _bounds(network, port)
        added.append(Projection(name, port, own, jnp.zeros(own.weight_shape), bounds=bounds))
        shared = (own.target[0], 1, 1) if shares else own.target
        nodes[name] = Units(own.target, activation, jnp.zeros(shared))
    return Network(nodes, (*network.projections, *added), network.output)


def _by_port(network, names):
    """Return the chosen projections by the port that they lead to."""
    inside = {name for found in dendrites_of(network).values() for name in found}
    found = [p for p in network.projections if p.origin not in inside and not is_perforated(p)]
    if names is None:
        found = [p for p in found if p.connectivity.fan_in > 1]
    else:
        if isinstance(names, str) or not isinstance(names, Sequence):
            fail("projections", names, "a sequence of names", "pass e.g. ('input -> hidden1',)")
        known = [p.name for p in found]
        names = [as_choice(name, "projections", known) for name in names]
        found = [p for p in found if p.name in names]
    if not found:
        expected = "at least one projection that is not from one neuron to one"
        fail(
            "projections", "none", expected, f"choose among {[p.name for p in network.projections]}"
        )
    ports: dict[str, list[Projection]] = {}
    for projection in found:
        ports.setdefault(port_of(network, projection.target), []).append(projection)
    return ports


def _drawn(initial, connectivity, key):
    weight, expected = initial(connectivity, key), connectivity.weight_shape
    if jnp.shape(weight) != expected:
        fix = "use an initialiser, e.g. connectivity.normal"
        fail("initial", f"weights of shape {jnp.shape(weight)}", f"shape {expected}", fix)
    return weight


def _to_itself(size, shares) -> Connectivity:
    """Return synapses from every neuron to itself, with one weight per channel if shared."""
    return Conv2d(size, channels=size[0], kernel=1, groups=size[0]) if shares else OneToOne(size)


def _bounds(network, port) -> Bounds | None:
    """Return bounds that keep weights positive where they are conductances."""
    node, _, rest = port.partition(".")
    inner = network.nodes[node]
    if isinstance(inner, Network):
        return _bounds(inner, rest)
    least = inner.receptors[rest].least_weight if isinstance(inner, Population) else -math.inf
    return Bounds(least) if least > -math.inf else None
