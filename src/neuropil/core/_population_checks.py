"""Do the parts of a population fit together? Asked once, when it is built."""

import jax
import jax.numpy as jnp

from ..numerics import as_instance, fail
from ._cell import Cell
from ._node import Shape
from ._receptor import Drive, Receptor
from ._tick import Tick


def broadcasts(shape: Shape, size: Shape) -> bool:
    """Whether a shape broadcasts to the size of a population."""
    try:
        return jnp.broadcast_shapes(shape, size) == size
    except ValueError:
        return False


def check_equations(cell: Cell, size: Shape) -> jax.ShapeDtypeStruct:
    """Refuse a cell whose equations contradict each other; return what its potential looks like."""
    y = jax.eval_shape(lambda: cell.init(size))
    fix = "return a dict with the same variables from init, field and jump, 'v' among them"
    if not isinstance(y, dict) or not {"v", *cell.potentials} <= set(y):
        got = f"init with the variables {sorted(y) if isinstance(y, dict) else type(y).__name__}"
        potentials = " and ".join(map(repr, dict.fromkeys(["v", *cell.potentials])))
        fail("cell", got, f"the membrane potential {potentials} among them", fix)
    drives = {potential: Drive() for potential in cell.potentials}
    equations = {
        "field": lambda y: cell.field(y, drives if len(drives) > 1 else drives["v"]),
        "jump": lambda y: cell.jump(y, jnp.zeros(size)),
    }
    for name, equation in equations.items():
        found = jax.eval_shape(equation, y)
        if not isinstance(found, dict) or set(found) != set(y):
            got = sorted(found) if isinstance(found, dict) else f"an array of {found.shape}"
            fail("cell", f"{name} with {got}", f"the variables of init, {sorted(y)}", fix)
    return y["v"]


def check_receptor(receptor: Receptor, name: str, v: jax.ShapeDtypeStruct) -> None:
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
        if not broadcasts(found.shape, v.shape):
            fail(name, f"a {part} of shape {found.shape}", expected, fix)
    before, after = (jax.tree.map(lambda x: x.shape, state) for state in (before, after))
    if before != after:
        fail(name, f"the state {after} from step", f"{before}, as from init", "return the same")
