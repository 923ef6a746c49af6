"""Do the parts of a population fit together? Asked once, when it is built."""

from collections.abc import Collection

import jax
import jax.numpy as jnp

from ..numerics import Integrator, as_instance, fail
from ._cell import Cell, drive_of
from ._node import Shape
from ._receptor import Drive, Receptor
from ._tick import Tick


def broadcasts(shape: Shape, size: Shape) -> bool:
    """Whether a shape broadcasts to the size of a population."""
    try:
        return jnp.broadcast_shapes(shape, size) == size
    except ValueError:
        return False


def check_equations(cell: Cell, size: Shape, integrator: Integrator) -> jax.ShapeDtypeStruct:
    """Refuse a cell whose equations contradict each other, or that the integrator does not take.

    Return what its potential looks like.
    """
    if not cell.potentials or cell.potentials[0] != "v":
        fail("cell", f"the potentials {cell.potentials}", "'v', then others", "name 'v' first")
    y = jax.eval_shape(lambda: cell.init(size))
    fix = "return a dict with the same variables from init, field and jump, 'v' among them"
    if not isinstance(y, dict) or not set(cell.potentials) <= set(y):
        got = f"init with the variables {sorted(y) if isinstance(y, dict) else type(y).__name__}"
        potentials = " and ".join(map(repr, cell.potentials))
        fail("cell", got, f"the membrane potential {potentials} among them", fix)
    drives = {potential: Drive() for potential in cell.potentials}
    equations = {
        "field": lambda y: cell.field(y, drive_of(cell, drives)),
        "jump": lambda y: cell.jump(y, jnp.zeros(size)),
    }
    for name, equation in equations.items():
        found = jax.eval_shape(equation, y)
        if not isinstance(found, dict) or set(found) != set(y):
            got = sorted(found) if isinstance(found, dict) else f"an array of {found.shape}"
            fail("cell", f"{name} with {got}", f"the variables of init, {sorted(y)}", fix)
    integrator.check(y)
    return y["v"]


def check_ports(cell: Cell, ports: Collection[str]) -> None:
    """Refuse ports that do not fit the cell, or that see what is no potential of it."""
    cell.check_ports(ports)
    for port in ports:
        if cell.potential(port) not in cell.potentials:
            got = f"the potential {cell.potential(port)!r} for the port {port!r}"
            fail("cell", got, f"one of {cell.potentials}", "name a potential of the cell")


def check_receptor(receptor: Receptor, name: str, v: jax.ShapeDtypeStruct) -> None:
    """Refuse a receptor whose drive does not fit the neurons, or whose state changes its shape."""

    def step(v):
        before = receptor.init(v.shape)
        tick = Tick(jnp.zeros((), int), 1.0, jax.random.key(0))
        return before, *receptor.step(before, jnp.zeros(receptor.port(v.shape)), v, tick)

    fix = "give one value, or one per neuron"
    expected = f"a drive that broadcasts to the population's {v.shape}"
    try:
        before, after, drive = jax.eval_shape(step, v)
    except (TypeError, ValueError) as error:
        fail(name, f"{type(error).__name__}: {error}".rstrip("."), expected, fix)
    as_instance(drive, f"{name}.step", Drive, "a state and a Drive")
    for part, found in drive._asdict().items():
        if not broadcasts(found.shape, v.shape):
            fail(name, f"a {part} of shape {found.shape}", expected, fix)
    before, after = (jax.tree.map(lambda x: x.shape, state) for state in (before, after))
    if before != after:
        fail(name, f"the state {after} from step", f"{before}, as from init", "return the same")
