"""Where neurons are, and how far apart."""

import math

import numpy as np

from ..numerics import as_count, as_instance, as_shape, fail
from ._checks import as_numbers, as_real
from ._sparse import Sparse, sources_of


def grid(shape, spacing=1.0) -> np.ndarray:
    """Return positions on a grid, the last axis first to move, `[neuron, axis]`.

    On a torus the period is `np.multiply(shape, spacing)`.

    **Arguments:** `shape`, neurons along every axis; `spacing` of neighbours, in any unit of
    length.

    **Raises:** `NeuropilError` unless shape and spacing are positive.

    >>> grid((2, 2), spacing=0.5).tolist()
    [[0.0, 0.0], [0.0, 0.5], [0.5, 0.0], [0.5, 0.5]]
    """
    shape = as_shape(shape, "shape")
    places = np.indices(shape).reshape(len(shape), -1).T
    return as_real(spacing, "spacing", positive=True) * places


def ring(n, length=2 * math.pi) -> np.ndarray:
    """Return positions evenly along a ring, `[neuron, 1]`; its period is `length`.

    **Arguments:** `n`, neurons; `length`, the way around, in any unit of length.

    **Raises:** `NeuropilError` unless both are positive.

    >>> ring(4, length=2.0)[:, 0].tolist()
    [0.0, 0.5, 1.0, 1.5]
    """
    n = as_count(n, "n")
    return as_real(length, "length", positive=True) * np.arange(n)[:, None] / n


def distances(sparse: Sparse, positions_source, positions_target, *, period=None) -> np.ndarray:
    """Return how long every synapse is, for delays and weights that go with the distance.

    **Arguments:** `sparse`, the synapses; the others as for :func:`distance_dependent`.

    **Raises:** `NeuropilError` for as many positions as there are not neurons.

    >>> places = ring(4, length=4.0)
    >>> sparse = Sparse(4, 4, np.array([0, 2, 2, 2, 2]), np.array([1, 3]))
    >>> distances(sparse, places, places, period=4.0).tolist()
    [1.0, 1.0]
    """
    as_instance(sparse, "sparse", Sparse, "a Sparse")
    source, target, period = as_places(positions_source, positions_target, period)
    for places, name, shape in (
        (source, "positions_source", sparse.source),
        (target, "positions_target", sparse.target),
    ):
        if len(places) != math.prod(shape):
            expected = f"{math.prod(shape)}, one for each neuron"
            fail(name, f"{len(places)} positions", expected, "pass those it was made from")
    return apart(source[sources_of(sparse)], target[np.asarray(sparse.targets)], period)


def apart(a: np.ndarray, b: np.ndarray, period: np.ndarray) -> np.ndarray:
    """Return the distances of positions; along an axis that closes, the shorter way counts."""
    square: float | np.ndarray = 0.0
    for axis, around in enumerate(period):
        way = np.abs(a[..., axis] - b[..., axis])
        if np.isfinite(around):
            if way.size and way.max() >= around:
                way %= around
            np.minimum(way, around - way, out=way)
        square = square + way * way
    return np.sqrt(square)


def as_places(source, target, period):
    """Return positions `[neuron, axis]` of both ends, and the period of every axis."""
    what = "finite positions [neuron, axis]"
    source = as_numbers(source, "positions_source", what, 1, 2)
    target = as_numbers(target, "positions_target", what, 1, 2)
    for array, name in ((source, "positions_source"), (target, "positions_target")):
        if not np.isfinite(array).all():
            fail(name, "positions that are not finite", what, "leave out what is nowhere")
    source, target = (x[:, None] if x.ndim == 1 else x for x in (source, target))
    axes = source.shape[1]
    if target.shape[1] != axes:
        expected = f"{axes} axes, as positions_source"
        fail("positions_target", f"{target.shape[1]} axes", expected, "place both in one space")
    what = "the positive length of every axis, np.inf for an open one"
    period = as_numbers(np.inf if period is None else period, "period", what, 0, 1)
    if period.shape not in ((), (axes,)) or period.min() <= 0:
        fail("period", f"{period}", what, f"pass one number, or {axes}")
    return source, target, np.broadcast_to(period, axes)
