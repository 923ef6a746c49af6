import numpy as np
from numpy.typing import ArrayLike

from ._checks import as_traces


def synchrony(traces: ArrayLike) -> float:
    r"""Return how far a population moves together, from 0 to 1.

    $$\chi = \sqrt{\frac{\mathrm{Var}_t\left[\frac{1}{N} \sum_i v_i(t)\right]}
      {\frac{1}{N} \sum_i \mathrm{Var}_t\left[v_i(t)\right]}}$$

    1 if all neurons do the same, about $1 / \sqrt{N}$ if they are independent: in an asynchronous
    state it falls with the size of the network, in a synchronous one it does not. NaN if nothing
    moves.

    **Arguments:** `traces`, `[time, neuron]`: membrane voltages, or `binned_counts`.

    **Raises:** `NeuropilError` for anything else, and for numbers that are not finite.

    >>> synchrony([[0.0, 0.0], [1.0, 1.0]]), synchrony([[0.0, 1.0], [1.0, 0.0]])
    (1.0, 0.0)

    Golomb and Hansel 2000, doi:10.1162/089976600300015529
    """
    traces = as_traces(traces, "traces", "[time, neuron]", 2)
    each = traces.var(axis=0).mean()
    return float(np.sqrt(traces.mean(axis=1).var() / each)) if each > 0 else np.nan
