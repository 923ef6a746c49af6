import warnings

import numpy as np

from ..numerics import as_flag, fail
from ._assembly import BLOCK, as_ends, as_progress, assemble, generator
from ._checks import as_real
from ._neighbourhood import neighbourhood
from ._positions import apart, as_places
from ._sparse import Sparse

ROWS = 32  # sources whose neighbours are found together
MANY = 10**9  # pairs; to look at all of them takes some 20 s
SAMPLES = 64  # groups of sources, of all, from which it is told how much room all synapses need


def distance_dependent(
    positions_source,
    positions_target,
    probability_function,
    key,
    *,
    period=None,
    reach=None,
    ticks=1,
    loops=True,
    progress=None,
) -> Sparse:
    r"""Return synapses whose probability falls with distance, $A_{ij} \sim B(p(|x_i - x_j|))$.

    At most one synapse joins two neurons. All pairs within reach are looked at, about 20 ns each;
    memory goes with the synapses. Above a thousand million pairs without a reach there is a
    warning.

    **Arguments:** `positions_source`, `positions_target`, `[neuron, axis]` in any unit of length
    (see :func:`grid` and :func:`ring`); `probability_function`, p, of an array of distances;
    `period`, the length after which space begins again, one or one per axis, `np.inf` for an axis
    that is open; `reach`, the distance beyond which there is no synapse, None for none: with it,
    neighbours are found without looking at all pairs, fastest where neurons that are listed side
    by side are close, as in a grid; `key`, `ticks`, `loops` and `progress`, as for
    :func:`fixed_probability`.

    **Raises:** `NeuropilError` for positions that do not fit together or are not finite, and
    probabilities that are not between 0 and 1.

    >>> import jax
    >>> from neuropil.connectivity import ring
    >>> near = lambda distance: distance < 1.5
    >>> places = ring(5, length=5.0)
    >>> sparse = distance_dependent(places, places, near, jax.random.key(0), period=5.0)
    >>> sparse.targets.tolist()
    [0, 1, 4, 0, 1, 2, 1, 2, 3, 2, 3, 4, 0, 3, 4]
    """
    source, target, period = as_places(positions_source, positions_target, period)
    if not callable(probability_function) or isinstance(probability_function, type):
        expected = "a function of distances"
        fail("probability_function", probability_function, expected, "pass e.g. a Gaussian")
    ends = len(source), len(target)
    if not as_flag(loops, "loops") and ends[0] != ends[1]:
        expected = f"{ends[1]} neurons, as positions_target, where loops=False"
        fail("positions_source", f"{ends[0]} neurons", expected, "pass loops=True")
    as_ends(*ends, loops)
    as_progress(progress)
    if reach is None and ends[0] * ends[1] > MANY:
        warnings.warn(
            f"distance_dependent looks at all {ends[0] * ends[1]:.3g} pairs, which takes long: "
            "pass reach, the distance beyond which there is no synapse.",
            stacklevel=2,
        )
    random, rows, everyone = generator(key), max(1, BLOCK // ends[1]), np.arange(ends[1])
    if reach is not None:
        reach, rows = as_real(reach, "reach", positive=True), ROWS
        near = neighbourhood(target, reach, period)

    def probabilities(every=1):
        for first in range(0, ends[0], every * rows):
            places = source[first : first + rows]
            others = everyone if reach is None else near(places)
            away = apart(places[:, None], target[others][None], period)
            chance = _probability(probability_function, away)
            if reach is not None:
                chance[away > reach] = 0.0
            if not loops:
                chance[others == first + np.arange(len(places))[:, None]] = 0.0
            yield others, chance

    def blocks():
        for others, chance in probabilities():
            found = random.random(chance.shape) < chance
            yield np.count_nonzero(found, axis=1), others[np.nonzero(found)[1]]

    every = max(1, ends[0] // rows // SAMPLES)
    expected = every * sum(float(chance.sum()) for _, chance in probabilities(every))
    return assemble(ends, blocks(), expected, "probability_function", (ticks, key), progress)


def _probability(function, away):
    chance = np.array(function(away))
    expected = f"numbers from 0 to 1, of the distances' shape {away.shape}"
    if chance.dtype.kind not in "bfiu" or chance.shape != away.shape:
        got = f"a function that gave {chance.dtype} of shape {chance.shape}"
        fail("probability_function", got, expected, "compute it from the array")
    if chance.size and not (chance.min() >= 0 and chance.max() <= 1):  # neither holds for NaN
        got = f"a function that gave {chance.min():g} to {chance.max():g}"
        fail("probability_function", got, expected, "scale it")
    return chance.astype(np.float64)
