import numpy as np

from ..numerics import as_instance, as_parameter, fail, is_traced
from ._delayed_conv2d import DelayedConv2d
from ._delays import AxonalDelay
from ._dense import Dense
from ._fan_in import FanIn
from ._from_edges import from_edges
from ._one_to_one import OneToOne
from ._synaptic_delays import DelayedDense


def to_sparse(connectivity, weight):
    """Return the same synapses one by one, those of a source side by side, and their weights.

    Of a :class:`FanIn`, places that are taken are synapses, whatever they weigh, and so are the
    pairs of a :class:`OneToOne`; of a matrix, :class:`Dense` or :class:`DelayedDense`, and of the
    kernels of a :class:`DelayedConv2d`, entries that are not 0 are.

    **Arguments:** `connectivity`, of one of these kinds; `weight`, of its shape.

    **Raises:** `NeuropilError` for other kinds, a weight of another shape, and a matrix that is
    not known.

    >>> kind = FanIn(3, 2, np.array([[2, 0], [1, -1]]))
    >>> sparse, weight = to_sparse(kind, np.array([[0.5, 0.25], [1.0, 0.0]]))
    >>> sparse.starts.tolist(), sparse.targets.tolist(), weight.tolist()
    ([0, 1, 2, 3], [0, 1, 0], [0.25, 1.0, 0.5])
    """
    kinds = FanIn, OneToOne, Dense, DelayedDense, DelayedConv2d
    names = "a FanIn, OneToOne, Dense, DelayedDense or DelayedConv2d"
    as_instance(connectivity, "connectivity", kinds, names)
    weight = as_parameter(weight, "weight")
    if weight.shape != connectivity.weight_shape:
        expected = f"those of the connectivity, shape {connectivity.weight_shape}"
        fail("weight", f"shape {weight.shape}", expected, "pass the weights of this connectivity")
    if isinstance(connectivity, DelayedConv2d):
        return _unrolled(connectivity, weight)
    if isinstance(connectivity, FanIn):
        post, place = np.nonzero(np.asarray(connectivity.indices) >= 0)
        pre = np.asarray(connectivity.indices)[post, place]
        own = weight[post, place]
    elif isinstance(connectivity, OneToOne):
        pre = post = np.arange(weight.size)
        place, own = None, weight.reshape(-1)
    else:
        if is_traced(weight):
            got = "a matrix that is being traced"
            fail("weight", got, "a known matrix", "convert it outside of jit")
        pre, post = np.nonzero(np.asarray(weight))
        place, own = None, weight[pre, post]
    late = _delays(connectivity, pre, post, place)
    return from_edges(connectivity.source, connectivity.target, pre, post, weight=own, ticks=late)


def _delays(connectivity, pre, post, place):
    if isinstance(connectivity, DelayedDense):
        return connectivity.ticks.array[pre, post]
    if isinstance(connectivity, FanIn):
        own = connectivity.ticks
        return connectivity.depth if own is None else np.asarray(own)[post, place]
    delay = connectivity.delay
    return delay.ticks.array.reshape(-1)[pre] if isinstance(delay, AxonalDelay) else delay.longest


def _unrolled(kind: DelayedConv2d, weight):
    """Return the synapses of kernels, at every place of the image."""
    if is_traced(weight):
        fail("weight", "kernels that are being traced", "known kernels", "convert outside of jit")
    out, channel, delay, i, j = (index[:, None] for index in np.nonzero(np.asarray(weight)))
    height, width = kind.source[1:]
    y, x = (place.reshape(1, -1) for place in np.indices((height, width)))
    up, left = y - (i - kind.kernel[0] // 2), x - (j - kind.kernel[1] // 2)
    inside = (up >= 0) & (up < height) & (left >= 0) & (left < width)
    if kind.padding == "WRAP":
        up, left, inside = up % height, left % width, np.ones_like(inside)
    pre = ((channel * height + up) * width + left)[inside]
    post = ((out * height + y) * width + x)[inside]
    own = np.broadcast_to(np.asarray(weight)[np.nonzero(np.asarray(weight))][:, None], inside.shape)
    late = np.broadcast_to(delay, inside.shape)[inside]
    return from_edges(kind.source, kind.target, pre, post, weight=own[inside], ticks=late)
