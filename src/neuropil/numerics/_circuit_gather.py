"""What kernels back through a circuit call: gathering what comes back over a neuron's synapses."""

import numpy as np

from . import _ffi

_reordered = _ffi.inner(fastmath={"contract", "reassoc", "nsz"})


@_reordered
def gather(out, needed, zero, signs, starts, targets, weight, row):
    """Add listed synapses of one delay, to the sources that need it."""
    for i in range(out.size):
        if needed[i]:
            total = zero
            for s in range(np.uint64(starts[i]), np.uint64(starts[i + 1])):
                total += weight[s] * row[np.uint32(targets[s])]
            out[i] += signs[i if signs.size > 1 else 0] * total


@_reordered
def gather_late(out, needed, zero, signs, starts, targets, weight, ticks, later, now):
    """Add listed synapses, each from as many ticks after now as it takes."""
    for i in range(out.size):
        if needed[i]:
            total = zero
            for s in range(np.uint64(starts[i]), np.uint64(starts[i + 1])):
                then = now + ticks[s]
                if 0 <= then < later.shape[0]:
                    total += weight[s] * later[np.uint64(then), np.uint32(targets[s])]
            out[i] += signs[i if signs.size > 1 else 0] * total


@_reordered
def gather_rows(out, needed, zero, signs, weight, row):
    """Add the products with the rows of a matrix."""
    for i in range(out.size):
        if needed[i]:
            total = zero
            for j in range(row.size):
                total += weight[i, j] * row[j]
            out[i] += signs[i if signs.size > 1 else 0] * total
