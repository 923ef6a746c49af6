"""Which numbers lie on which device: equal shares of every population, and what leads to them."""

import functools
import math
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array

from ..numerics import Synapses, event_matmul, synaptic_delivery
from ._node import Shape


class Split(eqx.Module):
    """Equal shares of an axis of neurons, one per device along an axis of a mesh.

    Where the devices do not divide the neurons, the last shares are filled up with copies of the
    last neuron, to which nothing leads and from which nothing comes.
    """

    mesh: Mesh = eqx.field(static=True)
    axis: str = eqx.field(static=True)

    @property
    def devices(self) -> int:
        """The number of shares."""
        return self.mesh.shape[self.axis]

    def share(self, shape: Shape) -> Shape:
        """Return the shape of what one device holds of a population."""
        return (math.ceil(shape[0] / self.devices), *shape[1:])

    def is_per_neuron(self, x: Any, shape: Shape) -> bool:
        """Whether an array has one number for each neuron, before or after it is filled up."""
        filled = self.devices * self.share(shape)[0]
        return shape[0] > 1 and x.ndim == len(shape) and x.shape[0] in (shape[0], filled)

    def filled(self, x: Any, shape: Shape) -> Any:
        """Return numbers whose last axes are those of the neurons, filled up."""
        axis = x.ndim - len(shape)
        missing = self.devices * self.share(shape)[0] - shape[0]
        widths = [(0, missing if k == axis else 0) for k in range(x.ndim)]
        return (np if isinstance(x, np.ndarray) else jnp).pad(x, widths, mode="edge")

    def trimmed(self, x: Array, shape: Shape) -> Array:
        """Return numbers whose last axes are those of the neurons, without what was filled up."""
        return x[(*(slice(None),) * (x.ndim - len(shape)), slice(shape[0]))]

    def where(self, x: Any, shape: Shape) -> PartitionSpec:
        """Return how an array with the axes of the neurons at its end lies on the devices."""
        return PartitionSpec(*(None,) * (x.ndim - len(shape)), self.axis)

    def laid(self, x: Any, spec: PartitionSpec) -> jax.Array:
        """Return a known array on the devices; every process lays down the part that is its own."""
        x = np.asarray(x)
        sharding = NamedSharding(self.mesh, spec)
        return jax.make_array_from_callback(x.shape, sharding, lambda index: x[index])

    def stacked(self, part: Callable[[int], np.ndarray]) -> jax.Array:
        """Return arrays of one shape, one per device, made for the devices of this process only."""
        shape = self.devices, *part(0).shape
        sharding = NamedSharding(self.mesh, PartitionSpec(self.axis))

        def of_device(index: Any):
            return part(index[0].start or 0)[None]

        return jax.make_array_from_callback(shape, sharding, of_device)


class SplitProjection(eqx.Module):
    """A projection of which every device holds the synapses onto its own neurons.

    Arrays of synapses have an axis of devices in front; lists are filled up, after the synapses of
    the last source, to the length of the longest. `target` is a port by its full name, `share` the
    shape of what a device holds of it.
    """

    source: str = eqx.field(static=True)
    target: str = eqx.field(static=True)
    synapses: Synapses
    sign: Array | None
    shortest: int = eqx.field(static=True)
    depth: int = eqx.field(static=True)
    share: Shape = eqx.field(static=True)

    plasticity = None

    @property
    def connectivity(self):
        """Itself: it knows how late its synapses are."""
        return self

    @property
    def origin(self) -> str:
        """The name of the node at which the projection starts."""
        return self.source

    def deliver(self, past: Array | None, signal: Array) -> Array:
        """Return what arrives on this device in every tick of a block that `past` precedes."""
        if past is not None:
            kind = jnp.result_type(past, signal)
            signal = jnp.concatenate([past.astype(kind), signal.astype(kind)])
        length = signal.shape[0] - self.depth
        signal = signal if self.sign is None else signal * self.sign
        signal = signal.reshape(signal.shape[0], -1)
        if self.synapses.starts is None:
            arriving = event_matmul(signal[:length], self.synapses.weight)
        else:
            size = math.prod(self.share)
            arriving = synaptic_delivery(self.synapses, signal, size=size, depth=self.depth)
        return arriving.reshape(length, *self.share)


def split_synapses(split: Split, synapses: Synapses, shape: Shape) -> Synapses:
    """Return for every device the synapses onto its share of a target of the given shape."""
    share, weight, ticks = (
        math.prod(split.share(shape)),
        np.asarray(synapses.weight),
        synapses.ticks,
    )
    if synapses.starts is None or synapses.targets is None:

        def columns(device):
            wide = np.zeros((weight.shape[0], share), weight.dtype)
            own = weight[:, device * share : (device + 1) * share]
            wide[:, : own.shape[1]] = own
            return wide

        return Synapses(None, None, split.stacked(columns), ticks)

    starts, targets = np.asarray(synapses.starts), np.asarray(synapses.targets)
    owner = targets // share
    longest = np.bincount(owner).max(initial=1)

    @functools.lru_cache(maxsize=1)
    def own(device):
        return np.flatnonzero(owner == device)

    def listed(values, fill=0):
        def of_device(device):
            found = np.full(longest, fill, values.dtype)
            found[: own(device).size] = values[own(device)]
            return found

        return split.stacked(of_device)

    if not isinstance(ticks, int):
        ticks = listed(np.asarray(ticks), np.asarray(ticks).max())
    return Synapses(
        split.stacked(lambda device: np.searchsorted(own(device), starts).astype(np.int32)),
        listed(targets % share),
        listed(weight),
        ticks,
        synapses.is_sorted,
    )
