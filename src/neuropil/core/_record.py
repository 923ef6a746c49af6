from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
from jaxtyping import Array

from ..numerics import as_choice, as_count, as_instance, fail
from ._network import OUTPUT, Network
from ._node import Node


def _as_is(value: Array) -> Array:
    return value


@dataclass(frozen=True)
class Record:
    """A wish to keep something of a run.

    **Arguments:** `path`, a node's name for its output, or `node.observable` (`"hidden.v"`); in
    nested networks `"cortex.exc.v"`; `every`, keep each so-many-th tick of the call; `encode`, a
    function of one tick's value, such as a mean or `jnp.packbits`.

    **Raises:** `NeuropilError` for an empty path or `every` below 1.

    >>> Record("hidden.v", every=10).every
    10
    """

    path: str
    every: int = 1
    encode: Callable[[Array], Array] = _as_is

    def __post_init__(self):
        """Refuse nonsense."""
        if not isinstance(self.path, str) or not self.path:
            fail("path", self.path, "a node's name or node.observable", "pass e.g. 'hidden.v'")
        as_count(self.every, "every")
        if not callable(self.encode):
            fail("encode", self.encode, "a function of one tick's value", "pass e.g. jnp.mean")


class Records(NamedTuple):
    """The node's output over time and, by name, what was asked for; time first."""

    output: Array
    kept: dict[str, Array]


def request(node: Node, record: Record) -> tuple[str, ...]:
    """Return the path a record asks for, ending in an observable.

    **Raises:** `NeuropilError` when there is no such node or observable.
    """
    names, here = record.path.split("."), node
    path: list[str] = []
    while names and isinstance(here, Network) and names[0] in here.nodes:
        path.append(names[0])
        here = here.nodes[names.pop(0)]
    sensed = jax.eval_shape(lambda: dict(here.sense(here.init(key=jax.random.key(0)))))
    observables = sensed if not isinstance(here, Network) else here.nodes
    if not names:
        return (*path, OUTPUT)
    as_choice(".".join(names), f"record {record.path!r}", [OUTPUT, *observables])
    return (*path, ".".join(names))


def keep(record: Record, values: Array) -> Array:
    """Return a block of recorded values, thinned and encoded."""
    return jax.vmap(record.encode)(values[:: record.every])


def check_records(node: Node, record: Any) -> dict[str, tuple[str, ...]]:
    """Return the path of every named record.

    **Raises:** `NeuropilError` for anything but a mapping from names to records.
    """
    fix = "pass e.g. record={'v': Record('hidden.v')}"
    if not isinstance(record, dict):
        fail("record", record, "a dict from names to Record objects", fix)
    for name, wish in record.items():
        as_instance(wish, f"record[{name!r}]", Record, "a Record")
    return {name: request(node, wish) for name, wish in record.items()}
