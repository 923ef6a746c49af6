"""Dividing a network among devices."""

from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import Mesh

from ..numerics import as_choice, as_instance, fail, is_traced
from ._local import EVERYWHERE, Local
from ._network import Network
from ._planned import Planned
from ._published import publishes_bits
from ._schedule import ends, parts
from ._split import Split, SplitProjection, split_synapses
from ._split_checks import check_projection, check_together, is_split


def plan(network: Network, mesh: Mesh, axis: str | None = None) -> Planned:
    r"""Divide a network's neurons among the devices of a mesh; `simulate` runs what is returned.

    Each device holds its share of every population, and the synapses onto it. Devices tell each
    other what was published once in as many ticks as the shortest delay of a loop. The spikes are
    those of the network on one device, to the bit where kernels are compiled; without them, to the
    rounding of products with matrices (`Dense`).

    Sources to which nothing leads are run by every device as they are, so that random numbers do
    not depend on the devices.

    **Arguments:** `network`, of populations without random numbers of their own, connected by
    fixed weights through listed synapses (`Sparse`) or matrices with one delay (`Dense`), in loops
    with delays of at least one tick; `mesh`, a `jax.sharding.Mesh`, of one process or several;
    `axis`, the name of the mesh's axis along which neurons are divided, its first by default.

    **Returns:** a node, to be given to `simulate`. `place(state)` and `gather(found)`, its
    methods, lead from a state of the network to one of the node, and back.

    **Raises:** `NeuropilError` for an axis that the mesh does not have, or that is called `batch`
    as the samples of a run are, and for nodes and projections that cannot be divided.

    >>> import numpy as np
    >>> from neuropil.cells import lif
    >>> from neuropil.connectivity import fixed_probability
    >>> from neuropil.core import Projection, simulate
    >>> synapses = fixed_probability(9, 9, 0.5, jax.random.key(0), ticks=2)
    >>> weight = jnp.full(synapses.weight_shape, 0.1)
    >>> network = Network({"exc": lif(9)}, (Projection("exc", "exc", synapses, weight),), "exc")
    >>> planned = plan(network, Mesh(np.array(jax.devices()[:1]), ("neurons",)))
    >>> _, records = simulate(planned, np.ones((10, 9)), dt=1.0, key=jax.random.key(0))
    >>> records.output.shape
    (10, 9)
    """
    as_instance(network, "network", Network, "a Network")
    as_instance(mesh, "mesh", Mesh, "a jax.sharding.Mesh")
    if mesh.empty:
        fail("mesh", "a mesh of no devices", "at least one device", "pass Mesh(devices, names)")
    axis = mesh.axis_names[0] if axis is None else as_choice(axis, "axis", mesh.axis_names)
    if axis == "batch":
        fail("axis", axis, "a name that samples do not have", "call the mesh's axis 'neurons'")
    if any(is_traced(leaf) for leaf in jax.tree.leaves(network)):
        fail("network", "a network that is traced", "known numbers", "call plan outside of jit")
    for projection in network.projections:
        check_projection(projection)
    whole = frozenset(name for name in network.nodes if not is_split(network, name))
    for part in parts(network):
        check_together(network, part)
    split = Split(Mesh(mesh.devices, mesh.axis_names), axis)  # of axes that are not explicit
    bits = frozenset(name for name in network.nodes if _travels_as_bits(network, name, whole))
    known = Local(network.nodes, (), network.output, whole, bits, split)

    def lay(x, shape):
        filled = split.filled(jnp.asarray(x), shape)
        return split.laid(filled, split.where(filled, shape))

    return Planned(
        Local(
            {name: _everywhere(split, known.on_parameters(lay, name)) for name in network.nodes},
            tuple(_split(network, projection, split) for projection in network.projections),
            network.output,
            whole,
            bits,
            split,
        )
    )


def _travels_as_bits(network, name, whole):
    return name not in whole and publishes_bits(network.nodes[name])


def _everywhere(split: Split, tree: Any) -> Any:
    """Lay down whole on every device what lies nowhere on the mesh yet."""

    def lay(x):
        is_laid = not isinstance(x, jax.Array) or len(x.sharding.device_set) == split.mesh.size > 1
        return x if is_laid else split.laid(x, EVERYWHERE)

    return jax.tree.map(lay, tree)


def _split(network, projection, split):
    target, port = ends(network, projection)
    kind, shape = projection.connectivity, network.nodes[target].shape
    return SplitProjection(
        projection.source,
        f"{target}.{port}",
        split_synapses(split, kind.synapses(projection.weight), shape),
        None if projection.sign is None else split.laid(projection.sign, EVERYWHERE),
        kind.shortest,
        kind.depth,
        split.share(shape),
    )
