"""What changes from epoch to epoch."""

from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from ..core import Node
from ..numerics import as_count, as_parameter, fail

Schedule = Callable[[Node, int], Node]


def anneal(where: Callable[[Any], Any], values: Sequence[float] | Callable[[int], Any]) -> Schedule:
    """Return a schedule that sets a parameter at the start of every epoch.

    **Arguments:** `where`, a function from the node to one of its arrays (or several, in a tuple);
    `values`, a function of the epoch (from 0), or a sequence of values, whose last one is kept.

    **Raises:** `NeuropilError` for anything else.

    >>> from neuropil.cells import lif
    >>> shorter = anneal(lambda node: node.cell.tau, [20.0, 10.0])
    >>> [float(shorter(lif(3), epoch).cell.tau) for epoch in range(3)]
    [20.0, 10.0, 10.0]
    """
    if not callable(where):
        fail("where", where, "a function from the node to an array", "pass a lambda")
    if not callable(values):
        if not isinstance(values, Sequence) or isinstance(values, str) or not len(values):
            expected = "a function of the epoch or a sequence"
            fail("values", values, expected, "pass e.g. [2.0, 1.0, 0.5]")
        for index, value in enumerate(values):
            as_parameter(value, f"values[{index}]")
    at = values if callable(values) else lambda epoch: values[min(epoch, len(values) - 1)]

    def schedule(node, epoch):
        def set_to(old):
            return jnp.broadcast_to(jnp.asarray(at(epoch), old.dtype), old.shape)

        return eqx.tree_at(where, node, replace_fn=set_to)

    return schedule


def per_epoch(
    schedule: Callable[[Any], Any], *, size: int, batch_size: int
) -> Callable[[Any], Any]:
    """Return an optax schedule that counts epochs in place of steps.

    **Arguments:** `schedule`, a function of the epoch; `size`, the number of training samples;
    `batch_size`.

    **Raises:** `NeuropilError` for counts that are not positive integers, and a schedule that is
    no function.

    >>> rate = per_epoch(lambda epoch: 0.1 * 0.5**epoch, size=10, batch_size=4)
    >>> [round(float(rate(step)), 3) for step in range(7)]
    [0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025]
    """
    if not callable(schedule):
        fail("schedule", schedule, "a function of the epoch", "pass e.g. optax.constant_schedule")
    steps = -(-as_count(size, "size") // as_count(batch_size, "batch_size"))
    return lambda step: schedule(step // steps)


def with_schedules(node: Node, schedules: Sequence[Schedule], epoch: int) -> Node:
    """Return the node as the schedules want it in an epoch.

    **Raises:** `NeuropilError` when a schedule changes more than the values of arrays.
    """
    before = _form(node)
    for index, schedule in enumerate(schedules):
        node = schedule(node, epoch)
        if _form(node) != before:
            fail(
                f"schedules[{index}]",
                "a node of another structure, or arrays of other shapes",
                "the same node with other values in its arrays",
                "use anneal(where, values), or return eqx.tree_at(where, node, value)",
            )
    return node


def _form(node):
    arrays, rest = eqx.partition(node, eqx.is_array)
    shapes = [(x.shape, x.dtype) for x in jax.tree.leaves(arrays)]
    return jax.tree.structure(node), shapes, jax.tree.leaves(rest)
