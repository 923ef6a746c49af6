"""Where the dendrites of a network are: nodes that perforated projections lead to."""

from ..cells import Units
from ..connectivity import Perforated
from ..core import Network, Projection
from ..numerics import as_instance


def dendrites_of(network: Network) -> dict[str, tuple[str, ...]]:
    """Return the dendrite nodes of every port that has some, by `node.port`, oldest first.

    **Raises:** `NeuropilError` for anything but a network.

    >>> from neuropil.core import Input
    >>> dendrites_of(Network({"input": Input(3)}, (), "input"))
    {}
    """
    as_instance(network, "network", Network, "a Network")
    found: dict[str, list[str]] = {}
    inside = {p.target.partition(".")[0] for p in network.projections if is_perforated(p)}
    for projection in network.projections:
        if projection.origin in inside and not is_perforated(projection):
            found.setdefault(port_of(network, projection.target), []).append(projection.origin)
    return {port: tuple(names) for port, names in found.items()}


def is_perforated(projection: Projection) -> bool:
    """Return whether a projection leads to a dendrite."""
    return isinstance(projection.connectivity, Perforated)


def port_of(network: Network, target: str) -> str:
    """Return the target of a projection with the name of its port, `node.port`."""
    name, _, port = target.partition(".")
    ports = network.nodes[name].ports
    if not port:
        port = next(iter(ports)) if len(ports) == 1 else "input"
    return f"{name}.{port}"


def groups_of(network: Network, dendrite: str) -> tuple[int, ...]:
    """Return the shape of a dendrite's biases: one for all that share their weights."""
    return as_instance(network.nodes[dendrite], dendrite, Units, "Units").bias.shape
