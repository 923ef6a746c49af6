import numpy as np

from ..numerics import fail
from ._checks import as_numbers
from ._delays import check_ticks
from ._sparse import from_edges


def from_matrix(matrix, *, ticks=0):
    """Return the connectivity of a matrix of weights, and the weights of its synapses.

    Of an array, entries that are not 0 are synapses. Of a sparse matrix of SciPy, all entries that
    it stores are, zeros and several of one place too: what these deliver adds up.

    **Arguments:** `matrix`, `[source, target]`; `ticks`, one delay, or a matrix of them.

    **Raises:** `NeuropilError` for anything but a matrix of finite numbers with an entry.

    >>> sparse, weight = from_matrix([[0.0, 0.5], [0.25, 0.0]])
    >>> sparse.targets.tolist(), weight.tolist()
    ([1, 0], [0.5, 0.25])
    """
    shape, pre, post, weight = _entries(matrix)
    if not weight.size:
        expected = "at least one entry that is a synapse"
        fail("matrix", "a matrix without entries", expected, "leave the projection out")
    if not np.isfinite(weight).all():
        fail("matrix", "weights that are not finite", "finite weights", "leave out those synapses")
    late = check_ticks(ticks, "ticks")
    if late.shape not in ((), shape):
        fail("ticks", f"shape {late.shape}", f"one, or the matrix's shape {shape}", "pass a matrix")
    late = late[pre, post] if late.ndim else late
    return from_edges(shape[0], shape[1], pre, post, weight=weight, ticks=late)


def _entries(matrix):
    """Return shape, rows, columns and values of what is stored, or of what is not zero."""
    expected = "a matrix of weights [source, target]"
    if not hasattr(matrix, "tocoo"):
        array = as_numbers(matrix, "matrix", expected, 2)
        pre, post = np.nonzero(array)
        return array.shape, pre, post, array[pre, post]
    stored = matrix.tocoo()
    if len(stored.shape) != 2 or stored.data.dtype.kind not in "bfiu":
        got = f"{stored.data.dtype} of shape {stored.shape}"
        fail("matrix", got, expected, "pass real numbers of two axes")
    return stored.shape, stored.row, stored.col, stored.data.astype(np.float64)
