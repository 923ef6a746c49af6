"""A population is a composition: receptors, cell, integrator, emission, refractoriness."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..numerics import ExponentialEuler, Integrator, as_instance, as_shape, fail
from ._node import Node, Shape
from ._tick import Tick, key_of


class Drive(NamedTuple):
    r"""What receptors do to a membrane in one tick.

    The current is `const - slope * v` (nA; uS for the slope); `jump` (mV) is added to v at once.
    """

    const: Array | float = 0.0
    slope: Array | float = 0.0
    jump: Array | float = 0.0

    def current(self, v: Float[Array, "*n"]) -> Array | float:
        """Return the current (nA) at membrane potential `v` (mV)."""
        if isinstance(self.slope, float) and self.slope == 0.0:
            return self.const
        return self.const - self.slope * v

    def plus(self, other: "Drive") -> "Drive":
        """Return the sum of two drives."""
        return Drive(*(_sum(a, b) for a, b in zip(self, other, strict=True)))


def _sum(a, b):
    if isinstance(a, float) and a == 0.0:
        return b
    return a if isinstance(b, float) and b == 0.0 else a + b


class Cell(eqx.Module):
    """The equations of one neuron model, written for one neuron; arrays broadcast.

    Variables are a dict that holds the membrane potential as `v`.
    """

    @abstractmethod
    def init(self, size: Shape) -> dict[str, Array]:
        """Return the variables at rest, each of shape `size`."""

    @abstractmethod
    def field(self, y: dict[str, Array], drive: Drive) -> dict[str, Array]:
        """Return the time derivative (per ms) of every variable."""

    @abstractmethod
    def excess(self, y: dict[str, Array]) -> Array:
        """Return how far the neuron is above its threshold (a spike where it is >= 0)."""

    @abstractmethod
    def jump(self, y: dict[str, Array], spike: Array) -> dict[str, Array]:
        """Return the variables after the emission of `spike` (the reset)."""


class Emission(eqx.Module):
    """How a neuron's output follows from the distance to its threshold."""

    @abstractmethod
    def emit(self, u: Float[Array, "*n"], key) -> Float[Array, "*n"]:
        """Return the output at distance `u` above threshold; `key` serves stochastic emission."""


class Receptor(eqx.Module):
    """Turns what arrives at a port into a drive of the membrane; its state is post-sized."""

    @abstractmethod
    def init(self, size: Shape) -> Any:
        """Return the receptor's state for a population of the given shape."""

    @abstractmethod
    def step(self, state: Any, arriving: Array, v: Array, tick: Tick) -> tuple[Any, Drive]:
        """Return the next state and the drive during this tick."""


class Current(Receptor):
    """Arrivals are a current for the length of the tick: $I = \\sum w s$ (nA).

    >>> Current().step((), jnp.ones(1), jnp.zeros(1), None)[1].const
    Array([1.], dtype=float32)
    """

    def init(self, size):
        """Return no state."""
        return ()

    def step(self, state, arriving, v, tick):
        """Pass the arrivals on as a current."""
        return state, Drive(const=arriving)


class Delta(Receptor):
    """Arrivals shift the membrane at once: $v \\leftarrow v + \\sum w s$ (mV).

    >>> Delta().step((), jnp.ones(1), jnp.zeros(1), None)[1].jump
    Array([1.], dtype=float32)
    """

    def init(self, size):
        """Return no state."""
        return ()

    def step(self, state, arriving, v, tick):
        """Pass the arrivals on as a jump of the membrane."""
        return state, Drive(jump=arriving)


class Refractory(eqx.Module):
    """Holds a neuron still for some time after its spike."""

    @abstractmethod
    def init(self, size: Shape) -> Array:
        """Return the state of rested neurons."""

    @abstractmethod
    def is_free(self, state: Array) -> Array:
        """Return where neurons may move and spike."""

    @abstractmethod
    def after(self, state: Array, spike: Array, tick: Tick) -> Array:
        """Return the state after this tick's spikes."""


class PopulationState(NamedTuple):
    """Variables of the cells, states of the receptors by port, and refractory counters."""

    cells: dict[str, Array]
    receptors: dict[str, Any]
    refractory: Any


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
        as_instance(self.emission, "emission", Emission, "an Emission")
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
            if eqx.is_array(leaf) and not _broadcasts(leaf.shape, self.size):
                fail(
                    f"{path[0].key}{jax.tree_util.keystr(path[1:])}",
                    f"shape {leaf.shape}",
                    f"a scalar or a shape that broadcasts to the population's {self.size}",
                    "give one value, or one per neuron",
                )
        v = _check_equations(self.cell, self.size)
        for port, receptor in self.receptors.items():
            _check_receptor(receptor, f"receptors[{port!r}]", v)

    @property
    def ports(self):
        """One port per receptor, each of the population's shape."""
        return {port: self.size for port in self.receptors}

    @property
    def shape(self):
        """The population's shape: one output per neuron."""
        return self.size

    def init(self, *, key):
        """Return resting cells."""
        return PopulationState(
            self.cell.init(self.size),
            {port: receptor.init(self.size) for port, receptor in self.receptors.items()},
            None if self.refractory is None else self.refractory.init(self.size),
        )

    def step(self, state, inputs, tick):
        """Advance all neurons by one tick and return their output."""
        before = state.cells
        drive = Drive()
        receptors = {}
        for port, receptor in self.receptors.items():
            own = tick._replace(key=key_of(tick.key, port))
            receptors[port], part = receptor.step(
                state.receptors[port], inputs[port], before["v"], own
            )
            drive = drive.plus(part)

        y = self.integrator.advance(lambda y: self.cell.field(y, drive), before, tick.dt)
        y = {**y, "v": _sum(y["v"], drive.jump)}
        key = key_of(tick.key, "the emission")  # no port has blanks in its name
        if self.refractory is None:
            output = self.emission.emit(self.cell.excess(y), key)
            y = _typed_as(before, self.cell.jump(y, output))
            return PopulationState(y, receptors, None), output

        free = self.refractory.is_free(state.refractory)
        y = {**y, "v": jnp.where(free, y["v"], before["v"])}
        output = jnp.where(free, self.emission.emit(self.cell.excess(y), key), 0.0)
        after = self.refractory.after(state.refractory, output, tick)
        y = _typed_as(before, self.cell.jump(y, output))
        return PopulationState(y, receptors, after), output

    def sense(self, state):
        """Return the cells' variables by name, `v` among them."""
        return state.cells


def _broadcasts(shape: Shape, size: Shape) -> bool:
    try:
        return jnp.broadcast_shapes(shape, size) == size
    except ValueError:
        return False


def _typed_as(before: dict[str, Array], after: dict[str, Array]) -> dict[str, Array]:
    """Return variables of the types that they had, whatever was computed with."""
    return {name: jnp.asarray(after[name], value.dtype) for name, value in before.items()}


def _check_equations(cell: Cell, size: Shape) -> jax.ShapeDtypeStruct:
    """Refuse a cell whose equations contradict each other; return what its potential looks like."""
    y = jax.eval_shape(lambda: cell.init(size))
    fix = "return a dict with the same variables from init, field and jump, 'v' among them"
    if not isinstance(y, dict) or "v" not in y:
        got = f"init with the variables {sorted(y) if isinstance(y, dict) else type(y).__name__}"
        fail("cell", got, "the membrane potential 'v' among them", fix)
    equations = {
        "field": lambda y: cell.field(y, Drive()),
        "jump": lambda y: cell.jump(y, jnp.zeros(size)),
    }
    for name, equation in equations.items():
        found = jax.eval_shape(equation, y)
        if not isinstance(found, dict) or set(found) != set(y):
            got = sorted(found) if isinstance(found, dict) else f"an array of {found.shape}"
            fail("cell", f"{name} with {got}", f"the variables of init, {sorted(y)}", fix)
    return y["v"]


def _check_receptor(receptor: Receptor, name: str, v: jax.ShapeDtypeStruct) -> None:
    """Refuse a receptor whose drive does not fit the neurons, or whose state changes its shape."""

    def step(v):
        before = receptor.init(v.shape)
        tick = Tick(jnp.zeros((), int), 1.0, jax.random.key(0))
        return before, *receptor.step(before, jnp.zeros(v.shape), v, tick)

    fix = "give one value, or one per neuron"
    expected = f"a drive that broadcasts to the population's {v.shape}"
    try:
        before, after, drive = jax.eval_shape(step, v)
    except (TypeError, ValueError) as error:
        fail(name, f"{type(error).__name__}: {error}".rstrip("."), expected, fix)
    as_instance(drive, f"{name}.step", Drive, "a state and a Drive")
    for part, found in drive._asdict().items():
        if not _broadcasts(found.shape, v.shape):
            fail(name, f"a {part} of shape {found.shape}", expected, fix)
    before, after = (jax.tree.map(lambda x: x.shape, state) for state in (before, after))
    if before != after:
        fail(name, f"the state {after} from step", f"{before}, as from init", "return the same")
