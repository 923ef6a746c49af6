import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..numerics import as_count, as_shape, fail
from ._assembly import generator
from ._fan_in import FanIn


def segments(source, stored, synapses, key, *, ticks=0) -> tuple[FanIn, Float[Array, "segment k"]]:
    """Return synapses of dendritic segments onto samples of the patterns that they store.

    A segment gets `synapses` synapses on the active cells of each of its patterns, drawn without
    replacement; what two patterns share is one synapse. Connect it to the port of
    `synapses.ActiveSegments`.

    **Arguments:** `source`, the shape of the cells; `stored`, `[*neurons, segment, pattern,
    active]`: indices of the active cells of every pattern that a segment stores; `synapses`, drawn
    for each pattern; `key`; `ticks`, the delay.

    **Returns:** the connectivity, to the shape `(*neurons, segment)`, and weights that are 1.

    **Raises:** `NeuropilError` for cells that are not there, a cell twice in a pattern, and more
    synapses than active cells.

    >>> import jax
    >>> stored = np.array([[[[0, 1, 2, 3]]], [[[4, 5, 6, 7]]]])  # two neurons, one segment each
    >>> kind, weight = segments(8, stored, 3, jax.random.key(0))
    >>> kind.target, kind.indices.shape, float(weight.sum())
    ((2, 1), (2, 3), 6.0)

    Source: Ahmad and Hawkins 2016, arXiv:1601.00720.
    """
    cells = int(np.prod(as_shape(source, "source")))
    found = np.asarray(stored)
    axes = f"whole numbers from 0 to {cells - 1}, [*neurons, segment, pattern, active]"
    if not np.issubdtype(found.dtype, np.integer) or found.ndim < 4 or not found.size:
        got = f"{found.dtype} of shape {found.shape}"
        fail("stored", got, axes, "list the active cells of every pattern of every segment")
    if found.min() < 0 or found.max() >= cells:
        fail("stored", f"cells from {found.min()} to {found.max()}", axes, "check the source")
    ordered = np.sort(found, axis=-1)
    if (ordered[..., 1:] == ordered[..., :-1]).any():
        fail("stored", "a cell twice in a pattern", "different cells", "list each active cell once")
    active = found.shape[-1]
    if as_count(synapses, "synapses") > active:
        expected = f"at most {active}, the active cells of a pattern"
        fail("synapses", synapses, expected, "lower it, or store denser patterns")
    chosen = generator(key).permuted(found, axis=-1)[..., :synapses]
    places = np.sort(chosen.reshape(-1, found.shape[-2] * synapses), axis=1)
    again = np.zeros(places.shape, bool)
    again[:, 1:] = places[:, 1:] == places[:, :-1]
    indices = np.where(again, -1, places)
    kind = FanIn(source, found.shape[:-2], indices, ticks)
    return kind, jnp.where(kind.indices >= 0, 1.0, 0.0)
