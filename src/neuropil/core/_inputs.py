"""What a node is given: arrays by port, with the axes that the caller says."""

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from ..numerics import as_count, fail, is_traced
from ._network import Network
from ._node import BlockNode, Input, Node


def inputs_over_time(node: Node, inputs: Any, ticks: int | None = None):
    """Return the inputs by full port name, the number of ticks, and the batch size or None.

    **Raises:** `NeuropilError` that names the axes when inputs do not fit the node.
    """
    if inputs is None or (isinstance(inputs, Mapping) and not inputs):
        if ticks is None:
            fail("ticks", None, "the number of ticks, as there are no inputs", "pass ticks=1000")
        return {}, as_count(ticks, "ticks"), None
    arrays, (length,), batch = _by_port(node, inputs, ("time",))
    if ticks is not None and ticks != length:
        fail("ticks", ticks, f"{length}, the length of the inputs", "leave ticks out")
    return arrays, length, batch


def inputs_of_tick(node: Node, inputs: Any):
    """Return the inputs of one tick by full port name, and the batch size or None.

    **Raises:** `NeuropilError` that names the axes when inputs do not fit the node.
    """
    if inputs is None or (isinstance(inputs, Mapping) and not inputs):
        return {}, None
    arrays, _, batch = _by_port(node, inputs, ())
    return arrays, batch


def _by_port(node, inputs, lead):
    if not isinstance(inputs, Mapping):
        inputs = {"": inputs}
    arrays: dict[str, Array] = {}
    axes: dict[str, tuple] = {}
    for name, value in inputs.items():
        port, shape = _entrance(node, name)
        array = _as_signal(value, f"inputs[{name!r}]" if name else "inputs", lead, shape)
        before = array.shape[: array.ndim - len(shape)]
        arrays[port], axes[port] = array, before if len(before) > len(lead) else (*before, None)
    for index, what in enumerate((*lead, "batch")):
        sizes = {port: of_port[index] for port, of_port in axes.items()}
        if len(set(sizes.values())) > 1:
            fail("inputs", f"{what} axes {sizes}", f"one {what} axis for all", "match them")
    *sizes, batch = next(iter(axes.values()))
    return arrays, sizes, batch


def _entrance(node: Node, name: Any) -> tuple[str, tuple[int, ...]]:
    """Return the port that a name of an input means, and its shape; "" means the only one."""
    if not isinstance(name, str):
        fail("inputs", f"the port {name!r}", f"names among {sorted(node.ports)}", "use strings")
    ports = dict(node.ports)
    if name in ports:
        return name, ports[name]
    matching = [port for port in ports if not name or port.startswith(f"{name}.")]
    if len(matching) > 1 and isinstance(node, Network | BlockNode):
        entrances = [port for port in matching if _is_input(node, port)]
        matching = entrances or matching
    if len(matching) != 1:
        fail(
            f"inputs[{name!r}]" if name else "inputs",
            name or "one array",
            f"arrays by port, among {sorted(ports)}",
            "pass a dict from port names to arrays",
        )
    return matching[0], ports[matching[0]]


def _is_input(network, port):
    name, _, rest = port.partition(".")
    node = network.nodes[name]
    deeper = isinstance(node, Network | BlockNode)
    return _is_input(node, rest) if deeper else isinstance(node, Input)


def _as_signal(value: Any, name: str, lead: tuple[str, ...], shape: tuple[int, ...]) -> Array:
    """Return numbers or booleans as an array, with or without an axis of samples."""
    axes = ", ".join([*lead, "[batch]", *(str(n) for n in shape)])
    fix = f"put {lead[0]} first, then batch, then features" if lead else "pass those of one tick"
    try:
        array = jnp.asarray(value)
    except (TypeError, ValueError):
        fail(name, f"{type(value).__name__}", f"an array [{axes}]", fix)
    if not (jnp.issubdtype(array.dtype, jnp.number) or array.dtype == jnp.bool_):
        fail(name, f"an array of {array.dtype}", f"numbers or booleans [{axes}]", fix)
    extra = array.ndim - len(shape) - len(lead)
    if extra not in (0, 1) or array.shape[array.ndim - len(shape) :] != shape or 0 in array.shape:
        fail(name, f"shape {array.shape}", f"[{axes}], none of them empty", fix)
    if is_traced(array) or not array.is_fully_addressable:
        return array
    # With JAX, what is known would be traced inside of `jit`.
    if not np.isfinite(np.asarray(value)).all():
        fail(name, "values that are not finite", "finite numbers", "look for NaN in the data")
    return array
