import numpy as np

from ..numerics import as_instance, as_parameter, fail, is_traced
from ._delays import AxonalDelay
from ._dense import Dense
from ._fan_in import FanIn
from ._from_edges import from_edges
from ._one_to_one import OneToOne
from ._synaptic_delays import DelayedDense


def to_sparse(connectivity, weight):
    """Return the same synapses one by one, those of a source side by side, and their weights.

    Of a :class:`FanIn`, places that are taken are synapses, whatever they weigh, and so are the
    pairs of a :class:`OneToOne`; of a matrix, :class:`Dense` or :class:`DelayedDense`, entries that
    are not 0 are.

    **Arguments:** `connectivity`, of one of these kinds; `weight`, of its shape.

    **Raises:** `NeuropilError` for other kinds, a weight of another shape, and a matrix that is
    not known.

    >>> kind = FanIn(3, 2, np.array([[2, 0], [1, -1]]))
    >>> sparse, weight = to_sparse(kind, np.array([[0.5, 0.25], [1.0, 0.0]]))
    >>> sparse.starts.tolist(), sparse.targets.tolist(), weight.tolist()
    ([0, 1, 2, 3], [0, 1, 0], [0.25, 1.0, 0.5])
    """
    kinds = FanIn, OneToOne, Dense, DelayedDense
    as_instance(connectivity, "connectivity", kinds, "a FanIn, OneToOne, Dense or DelayedDense")
    weight = as_parameter(weight, "weight")
    if weight.shape != connectivity.weight_shape:
        expected = f"those of the connectivity, shape {connectivity.weight_shape}"
        fail("weight", f"shape {weight.shape}", expected, "pass the weights of this connectivity")
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
