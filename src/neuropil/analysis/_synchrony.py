import numpy as np
from numpy.typing import ArrayLike

from ._checks import as_traces
from ._events import Spikes
from ._rates import binning, moments_of


def synchrony(traces: ArrayLike) -> float:
    r"""Return how far a population moves together, from 0 to 1.

    $$\chi = \sqrt{\frac{\mathrm{Var}_t\left[\frac{1}{N} \sum_i v_i(t)\right]}
      {\frac{1}{N} \sum_i \mathrm{Var}_t\left[v_i(t)\right]}}$$

    1 if all neurons do the same, about $1 / \sqrt{N}$ if they are independent: in an asynchronous
    state it falls with the size of the network, in a synchronous one it does not. NaN if nothing
    moves.

    **Arguments:** `traces`, `[time, neuron]`: membrane voltages, or any other measure.

    **Raises:** `NeuropilError` for anything else, and for numbers that are not finite.

    >>> synchrony([[0.0, 0.0], [1.0, 1.0]]), synchrony([[0.0, 1.0], [1.0, 0.0]])
    (1.0, 0.0)

    Golomb and Hansel 2000, doi:10.1162/089976600300015529
    """
    traces = as_traces(traces, "traces", "[time, neuron]", 2)
    each = traces.var(axis=0).mean()
    return float(np.sqrt(traces.mean(axis=1).var() / each)) if each > 0 else np.nan


def synchrony_of_counts(spikes: Spikes, dt: float, bin: float) -> float:
    r"""Return the `synchrony` of binned counts, from the spikes alone.

    **Arguments:** `spikes`, 0/1 `[time, neuron]` or `Events`; `dt`, in ms; `bin`, in ms, a whole
    number of ticks.

    **Raises:** `NeuropilError` for bins of parts of ticks, and for fewer than two bins.

    >>> synchrony_of_counts([[1, 1], [0, 0], [1, 1]], dt=1.0, bin=1.0)
    1.0
    """
    events, width, bins, _ = binning(spikes, dt, bin, least=2)
    each = moments_of(events, width, bins).spread.sum() / bins**2
    inside = events.tick < bins * width
    together = np.bincount(events.tick[inside] // width, minlength=bins).var() / events.size
    return float(np.sqrt(together / each)) if each > 0 else np.nan
