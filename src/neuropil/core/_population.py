"""A population is a composition: receptors, cell, integrator, emission, refractoriness."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array

from ..numerics import ExponentialEuler, Integrator, as_instance, as_shape, fail
from ._cell import Cell, Emission, Refractory, drive_of
from ._node import Node, Shape
from ._population_checks import broadcasts, check_equations, check_ports, check_receptor
from ._receptor import Delta, Drive, Receptor, added
from ._tick import key_of


class PopulationState(NamedTuple):
    """Variables of the cells, states of the receptors by port, and refractory counters.

    `log_prob` is that of the last tick's output where the emission is random, else None.
    """

    cells: dict[str, Array]
    receptors: dict[str, Any]
    refractory: Any
    log_prob: Array | None = None


def _with_arrays(part: Any) -> Any:
    """Return a part with arrays for Python numbers, so that gradients and new values reach them."""

    def converted(x):
        is_number = isinstance(x, int | float) and not isinstance(x, bool)
        return jnp.asarray(x, float) if is_number else x

    return jax.tree.map(converted, dict(part) if isinstance(part, Mapping) else part)


class Population(Node):
    """Neurons of one kind.

    Each tick: receptors turn arrivals into a drive; the integrator advances the cell's equations;
    jumps are added; the emission decides on spikes; the cell resets.

    **Arguments:** `size`, the population's shape; `cell`, the equations; `emission`;
    `integrator`, `ExponentialEuler` by default; `receptors`, by port name, one `Delta` called
    `input` by default; `refractory`, or None. Numbers that the parts hold become arrays of floats
    (`eqx.field(static=True)` keeps them as they are).

    **Raises:** `NeuropilError` for parts of the wrong kind, for parameters whose shape does not
    broadcast to `size`, for a cell whose equations name other variables than its `init`, and for a
    receptor whose drive or state does not fit the neurons.
    """

    size: Shape = eqx.field(static=True, converter=lambda value: as_shape(value, "size"))
    cell: Cell = eqx.field(converter=_with_arrays)
    emission: Emission = eqx.field(converter=_with_arrays)
    integrator: Integrator = eqx.field(default_factory=ExponentialEuler)
    receptors: Mapping[str, Receptor] = eqx.field(
        default_factory=lambda: {"input": Delta()}, converter=_with_arrays
    )
    refractory: Refractory | None = eqx.field(default=None, converter=_with_arrays)

    def __check_init__(self):
        """Refuse parts that do not fit together."""
        as_instance(self.cell, "cell", Cell, "a Cell")
        as_instance(self.emission, "emission", Emission, "an Emission").check(self.cell)
        as_instance(self.integrator, "integrator", Integrator, "an Integrator")
        as_instance(self.refractory, "refractory", (Refractory, type(None)), "a Refractory or None")
        if not isinstance(self.receptors, Mapping) or not self.receptors:
            fail(
                "receptors",
                self.receptors,
                "a mapping from port names to receptors",
                "pass e.g. receptors={'input': Delta()}",
            )
        for port, receptor in self.receptors.items():
            if not isinstance(port, str) or not port or "." in port or " " in port:
                fail("receptors", f"the port {port!r}", "names without dots or blanks", "rename it")
            as_instance(receptor, f"receptors[{port!r}]", Receptor, "a Receptor")
        per_neuron = {"cell": self.cell, "emission": self.emission, "refractory": self.refractory}
        for path, leaf in jax.tree_util.tree_leaves_with_path(per_neuron):
            if eqx.is_array(leaf) and not broadcasts(leaf.shape, self.size):
                fail(
                    f"{path[0].key}{jax.tree_util.keystr(path[1:])}",
                    f"shape {leaf.shape}",
                    f"a scalar or a shape that broadcasts to the population's {self.size}",
                    "give one value, or one per neuron",
                )
        v = check_equations(self.cell, self.size, self.integrator)
        check_ports(self.cell, self.receptors)
        for port, receptor in self.receptors.items():
            check_receptor(receptor, f"receptors[{port!r}]", v)

    @property
    def ports(self):
        """One port per receptor, of the population's shape where the receptor has no other."""
        return {port: receptor.port(self.size) for port, receptor in self.receptors.items()}

    @property
    def shape(self):
        """The population's shape: one output per neuron."""
        return self.size

    def init(self, *, key):
        """Return resting cells."""
        cells = self.cell.init(self.size)
        return PopulationState(
            cells,
            {port: receptor.init(self.size) for port, receptor in self.receptors.items()},
            None if self.refractory is None else self.refractory.init(self.size),
            jnp.zeros_like(cells["v"]) if self.emission.is_random else None,
        )

    def step(self, state, inputs, tick):
        """Advance all neurons by one tick and return their output."""
        before = state.cells
        drives = {potential: Drive() for potential in self.cell.potentials}
        receptors = {}
        for port, receptor in self.receptors.items():
            own, potential = tick._replace(key=key_of(tick.key, port)), self.cell.potential(port)
            receptors[port], part = receptor.step(
                state.receptors[port], inputs[port], before[potential], own
            )
            drives[potential] = drives[potential].plus(part)

        drive = drive_of(self.cell, drives)
        y = self.integrator.advance(lambda y: self.cell.field(y, drive), before, tick.dt)
        y = {**y, **{name: added(y[name], part.jump) for name, part in drives.items()}}
        own = tick._replace(key=key_of(tick.key, "the emission"))  # no port has blanks in its name
        if self.refractory is None:
            output, log_prob = self._emitted(y, own)
            y = _typed_as(before, self.cell.jump(y, output))
            return PopulationState(y, receptors, None, log_prob), output

        free = self.refractory.is_free(state.refractory)
        y = {**y, "v": jnp.where(free, y["v"], before["v"])}
        output, log_prob = self._emitted(y, own)
        output = jnp.where(free, output, 0.0)
        log_prob = None if log_prob is None else jnp.where(free, log_prob, 0.0)
        after = self.refractory.after(state.refractory, output, tick)
        y = _typed_as(before, self.cell.jump(y, output))
        return PopulationState(y, receptors, after, log_prob), output

    def _emitted(self, y, tick):
        """Return the output, and its log-probability where it is random."""
        u = self.cell.excess(y)
        output = self.emission.emit(u, tick)
        if not self.emission.is_random:
            return output, None
        log_prob = self.emission.log_prob(u, jax.lax.stop_gradient(output), tick)
        return output, jnp.asarray(log_prob, y["v"].dtype)

    def sense(self, state):
        """Return the cells' variables by name, `v` among them, and what receptors hold.

        That is called as the port, or `port.part` where a receptor holds several things. Random
        emissions add `log_prob`, the log-probability of the output of the last tick.
        """
        held = {}
        for port, own in state.receptors.items():
            parts = {f"{port}.{name}": getattr(own, name) for name in getattr(own, "_fields", ())}
            held |= {port: own} if eqx.is_array(own) else parts
        random = {} if state.log_prob is None else {"log_prob": state.log_prob}
        return held | random | state.cells


def _typed_as(before: dict[str, Array], after: dict[str, Array]) -> dict[str, Array]:
    """Return variables of the types that they had, whatever was computed with."""
    return {name: jnp.asarray(after[name], value.dtype) for name, value in before.items()}
