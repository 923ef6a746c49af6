from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
from jaxtyping import Array

from ..numerics import as_choice, as_count, as_instance, fail
from ._monitors import as_is
from ._network import OUTPUT, Network
from ._node import BlockNode, Node


@dataclass(frozen=True)
class Record:
    """A wish to keep something of a run.

    Thinned and encoded while the run goes on: the memory is that of what is kept.

    **Arguments:** `path`, a node's name for its output, or `node.observable` (`"hidden.v"`); in
    nested networks `"cortex.exc.v"`; `every`, keep each so-many-th tick of the call; `encode`, a
    function of the value of one sample in one tick: `Chosen`, `PopulationMean`,
    `analysis.pack_spikes` or your own; in `Average`, means over `every` ticks are kept. It is
    compiled with the run: define it once, a new function compiles anew.

    **Raises:** `NeuropilError` for an empty path or `every` below 1.

    >>> Record("hidden.v", every=10).every
    10
    """

    path: str
    every: int = 1
    encode: Callable[[Array], Array] = as_is

    def __post_init__(self):
        """Refuse nonsense."""
        if not isinstance(self.path, str) or not self.path:
            fail("path", self.path, "a node's name or node.observable", "pass e.g. 'hidden.v'")
        as_count(self.every, "every")
        if not callable(self.encode):
            fail("encode", self.encode, "a function of one tick's value", "pass e.g. jnp.mean")


class Records(NamedTuple):
    """The node's output over time and, by name, what was asked for; time first.

    The output is None where it was not to be kept.
    """

    output: Any
    kept: dict[str, Array]


def request(node: Node, path: str) -> tuple[str, ...]:
    """Return the path that a record's path means, ending in an observable.

    **Raises:** `NeuropilError` when there is no such node or observable.
    """
    names, here = path.split("."), node
    found: list[str] = []
    while names and isinstance(here, Network | BlockNode) and names[0] in here.nodes:
        found.append(names[0])
        here = here.nodes[names.pop(0)]
    sensed = jax.eval_shape(lambda: dict(here.sense(here.init(key=jax.random.key(0)))))
    observables = here.nodes if isinstance(here, Network | BlockNode) else sensed
    if not names:
        return (*found, OUTPUT)
    as_choice(".".join(names), f"record {path!r}", [OUTPUT, *observables])
    return (*found, ".".join(names))


def check_records(record: Any) -> dict[str, Record]:
    """Return what is to be recorded, by name.

    **Raises:** `NeuropilError` for anything but a dict from names to records.
    """
    if record is None:
        return {}
    fix = "pass e.g. record={'v': Record('hidden.v')}"
    if not isinstance(record, dict):
        fail("record", record, "a dict from names to Record objects", fix)
    for name, wish in record.items():
        as_instance(wish, f"record[{name!r}]", Record, "a Record")
    return record


def check_output(output: Any) -> Record | None:
    """Return how the output is to be kept.

    **Raises:** `NeuropilError` for anything but None and a record of the output.
    """
    if output is not None:
        what = "Record('output', ...), or None to keep nothing"
        as_instance(output, "output", Record, what)
        if output.path != OUTPUT:
            fail("output", output, what, "put records of other things into record={...}")
    return output
