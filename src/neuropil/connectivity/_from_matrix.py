import jax
import jax.numpy as jnp
import numpy as np

from ..numerics import adopted, as_parameter, empty, fail
from ._assembly import BLOCK, as_progress, check_count
from ._checks import as_numbers
from ._delays import check_ticks
from ._from_edges import from_edges
from ._sparse import Sparse

EXPECTED = "a matrix of weights [source, target]"


def from_matrix(matrix, *, ticks=0, progress=None):
    """Return the connectivity of a matrix of weights, and the weights of its synapses.

    Of an array, entries that are not 0 are synapses. Of a sparse matrix of SciPy, all entries that
    it stores are, zeros and several of one place too: what these deliver adds up.

    **Arguments:** `matrix`, `[source, target]`; `ticks`, one delay, or a matrix of them;
    `progress`, as for :func:`fixed_probability`, of sources or, of a sparse matrix, entries.

    **Raises:** `NeuropilError` for anything but a matrix of finite numbers.

    >>> sparse, weight = from_matrix([[0.0, 0.5], [0.25, 0.0]])
    >>> sparse.targets.tolist(), weight.tolist()
    ([1, 0], [0.5, 0.25])
    """
    if hasattr(matrix, "tocoo"):
        return _from_stored(matrix, ticks, progress)
    array = as_numbers(matrix, "matrix", EXPECTED, 2)
    rows = max(1, BLOCK // max(1, array.shape[1]))
    starts = empty(array.shape[0] + 1)
    degrees = [np.count_nonzero(array[i : i + rows], 1) for i in range(0, len(array), rows)]
    total = sum(int(some.sum()) for some in degrees)
    _check_finite(array)
    check_count(total, "matrix")
    late, tell = _as_late(ticks, array.shape), as_progress(progress)
    starts[0], starts[1:] = 0, np.cumsum(np.concatenate(degrees))
    targets, strength = empty(total), np.empty(total, jnp.result_type(float))
    own = empty(total) if late.ndim else late
    for first in range(0, len(array), rows):
        block = array[first : first + rows]
        there = np.nonzero(block)
        here = slice(starts[first], starts[first + len(block)])
        targets[here] = there[1]
        with np.errstate(over="ignore"):  # refused below
            strength[here] = block[there]
        if late.ndim:
            own[here] = late[first : first + rows][there]
        tell(first + len(block), len(array))
    with jax.ensure_compile_time_eval():
        own = adopted(own) if late.ndim else late
        found = Sparse(*array.shape, adopted(starts), adopted(targets), own)
    return found, as_parameter(strength, "matrix", may_be_empty=True)


def _from_stored(matrix, ticks, progress):
    stored = matrix.tocoo()
    if len(stored.shape) != 2 or stored.data.dtype.kind not in "bfiu":
        got = f"{stored.data.dtype} of shape {stored.shape}"
        fail("matrix", got, EXPECTED, "pass real numbers of two axes")
    weight = stored.data
    _check_finite(weight)
    late = _as_late(ticks, stored.shape)
    late = late[stored.row, stored.col] if late.ndim else late
    weight = weight.astype(np.int8) if weight.dtype.kind == "b" else weight
    ends = *stored.shape, stored.row, stored.col
    return from_edges(*ends, weight=weight, ticks=late, progress=progress)


def _as_late(ticks, shape):
    late = check_ticks(ticks, "ticks")
    if late.shape not in ((), shape):
        fail("ticks", f"shape {late.shape}", f"one, or the matrix's shape {shape}", "pass a matrix")
    return late


def _check_finite(values):
    if not np.isfinite(values).all():
        fail("matrix", "weights that are not finite", "finite weights", "leave out those synapses")
