"""The schedule of a tick, in words."""

from ._population import Population
from ._schedule import depths, ends, parts, whole


def describe(network) -> str:
    """Return the nodes, the projections and the order of events in a tick, as text."""
    kept, order = depths(network), whole(network).order
    lines = [f"Network with output {network.output!r}", "", "nodes"]
    for name in order:
        node = network.nodes[name]
        ports = ", ".join(f"{port}{list(shape)}" for port, shape in node.ports.items())
        memory = f", keeps {kept[name]} past outputs" if name in kept else ""
        lines.append(f"  {name}: {_kind(node)}, {ports} -> {list(node.shape)}{memory}")
    lines += ["", "projections"]
    for p in network.projections:
        lines.append(f"  {_projection(network, p)}")
    lines += ["", "tick"]
    for position, name in enumerate(order, start=1):
        arriving = [p.source for p in network.projections if ends(network, p)[0] == name]
        transmit = f"transmit from {', '.join(arriving)}; " if arriving else ""
        lines.append(f"  {position}. {name}: {transmit}integrate; publish")
    learning = [p.name for p in network.projections if p.plasticity]
    lines.append(f"  then adapt: {', '.join(learning) if learning else 'nothing learns in a run'}")
    lines.append("  then record")
    lines += ["", "blocks of ticks"]
    for part in parts(network):
        names = ", ".join(part.order)
        together = "tick by tick, together" if part.projections else "over all ticks of the block"
        lines.append(f"  {names}: {together}")
    return "\n".join(lines)


def _kind(node):
    kind = type(node).__name__
    return f"{kind} of {type(node.cell).__name__}" if isinstance(node, Population) else kind


def _projection(network, p):
    target, port = ends(network, p)
    shortest, longest = p.connectivity.shortest, p.connectivity.depth
    late = f"{shortest}" if shortest == longest else f"{shortest} to {longest}"
    delay = f", {late} ticks late" if longest else ""
    learns = f", learns by {type(p.plasticity.rule).__name__}" if p.plasticity else ""
    kind = type(p.connectivity).__name__
    return (
        f"{p.source} -> {target}.{port}: {kind} {list(p.connectivity.weight_shape)}{delay}{learns}"
    )
