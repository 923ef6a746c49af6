"""What dendrites say, and the errors that arrive at their neurons."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Network, Record, Records, simulate
from ..numerics import as_instance, as_time_step, fail
from ._find import dendrites_of

PerSample = Callable[[Records, Any], Float[Array, " batch"]]


class Judged(NamedTuple):
    """How a run is judged: `loss`, per sample; what it needs recorded; the time step in ms."""

    loss: PerSample
    record: tuple[tuple[str, Record], ...]
    dt: float


class Seen(NamedTuple):
    """By dendrite node, `[time, batch, *size]`: outputs, and errors of the neurons they reach."""

    outputs: dict[str, Float[Array, "time batch *size"]]
    errors: dict[str, Float[Array, "time batch *size"]]


def newest(network: Network) -> dict[str, str]:
    """Return the newest dendrite node of every port, by `node.port`, refusing none at all."""
    found = {port: names[-1] for port, names in dendrites_of(network).items()}
    if not found:
        fail("network", "no dendrites", "a network with some", "call add_dendrites(network) first")
    return found


def as_judged(loss: Any, record: Any, dt: Any) -> Judged:
    """Return how a run is judged, refusing what cannot judge."""
    if not callable(loss):
        fail("loss", loss, "a function of records and targets", "pass e.g. cross_entropy(readout)")
    if record is not None and not isinstance(record, Mapping):
        fail("record", record, "a dict from names to Record objects", "pass {'v': Record('v')}")
    for name, wish in (record or {}).items():
        as_instance(wish, f"record[{name!r}]", Record, "a Record")
    return Judged(loss, tuple((record or {}).items()), as_time_step(dt))


def observe(network: Network, mask: Any, judged: Judged, inputs, targets, keys):
    """Return what the newest dendrites and their neurons see, and the transposed derivative.

    The error of a neuron is the derivative of a sample's loss by what arrives at its port,
    $\\delta = \\partial L / \\partial a$. The function that is returned takes one array per
    dendrite node, of the shape of its output, back to the parameters that `mask` chooses.
    """
    ports = newest(network)
    params, rest = eqx.partition(network, mask)
    given = inputs if isinstance(inputs, Mapping) else {"": inputs}
    time, batch = jax.tree.leaves(inputs)[0].shape[:2]
    nudges = {port: jnp.zeros((time, batch, *network.ports[port])) for port in ports}
    record = dict(judged.record) | {_kept(name): Record(name) for name in ports.values()}

    def run(params, nudges):
        nudged = {port: nudge + given.get(port, 0.0) for port, nudge in nudges.items()}
        node = eqx.combine(params, rest)
        _, records = simulate(node, {**given, **nudged}, dt=judged.dt, key=keys, record=record)
        losses = judged.loss(records, targets)
        return jnp.sum(losses), {name: records.kept[_kept(name)] for name in ports.values()}

    (_, outputs), transpose = jax.vjp(run, params, nudges)
    silent = jax.tree.map(jnp.zeros_like, outputs)
    _, errors = transpose((jnp.ones(()), silent))
    by_node = {name: errors[port] for port, name in ports.items()}
    return Seen(outputs, by_node), lambda along: transpose((jnp.zeros(()), along))[0]


def _kept(name):
    return f"output of {name}"
