"""Which nodes emit spikes."""

import jax
import jax.numpy as jnp

from ..core import Network, Node, Population, Tick


def spiking_nodes(node: Node) -> dict[str, Population]:
    """Return the populations whose output is 0 or 1, by path; a lone population is `output`.

    The node must hold values, not be traced.

    >>> from neuropil.cells import leaky_integrator, lif
    >>> list(spiking_nodes(lif(3))), list(spiking_nodes(leaky_integrator(3)))
    (['output'], [])
    """
    found = _find(node)
    return {path or "output": population for path, population in found.items()}


def _find(node):
    if isinstance(node, Population):
        return {"": node} if _emits_spikes(node) else {}
    if not isinstance(node, Network):
        return {}
    return {
        f"{name}.{path}" if path else name: population
        for name, inner in node.nodes.items()
        for path, population in _find(inner).items()
    }


def _emits_spikes(population):
    distances = jnp.multiply.outer(jnp.array([-7.3, -0.3, 0.3, 7.3]), jnp.ones(population.size))
    tick = Tick(jnp.array(0), 1.0, jax.random.key(0))
    output = jax.vmap(lambda u: population.emission.emit(u, tick))(distances)
    return bool(jnp.all((output == 0.0) | (output == 1.0)))
