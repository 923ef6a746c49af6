import numpy as np
from jaxtyping import Float

from ..numerics import as_time_step
from ._checks import as_time
from ._events import Spikes, as_pair


def van_rossum_distance(
    first: Spikes, second: Spikes, dt: float, tau: float
) -> Float[np.ndarray, " neuron"]:
    r"""Return how far the trains of every neuron are apart when every spike leaves a trace.

    $$D^2 = \frac{1}{\tau} \int_0^\infty (f - g)^2 \, dt,
      \qquad f(t) = \sum_{t_k \le t} e^{-(t - t_k) / \tau},$$

    in closed form: with $s_k = \pm 1$ for the spikes of one and of the other,
    $D^2 = \frac{1}{2} \sum_{kl} s_k s_l e^{-|t_k - t_l| / \tau}$. One spike more is a distance of
    $\sqrt{1/2}$, whenever it is; two spikes far apart in time are at a distance of 1.

    **Arguments:** `first` and `second`, 0/1 `[time, neuron]` or `Events`, of one shape; `dt`,
    in ms; `tau`, in ms: spikes much closer than this count as the same.

    **Raises:** `NeuropilError` for anything else.

    >>> van_rossum_distance([[1, 1], [0, 0]], [[1, 0], [0, 0]], dt=1.0, tau=10.0).round(4).tolist()
    [0.0, 0.7071]

    van Rossum 2001, doi:10.1162/089976601300014321
    """
    one, other = as_pair(first, second)
    dt, tau = as_time_step(dt), as_time(tau, "tau")
    ours = one.neuron * one.ticks + one.tick
    # Spikes that both have cancel, exactly.
    place = np.setxor1d(ours, other.neuron * one.ticks + other.tick, assume_unique=True)
    sign = np.where(np.isin(place, ours), 1.0, -1.0)
    neuron, tick = np.divmod(place, one.ticks)
    counts = np.bincount(neuron, minlength=one.size)
    begin = np.cumsum(counts) - counts
    squared, trace, last = np.zeros((3, one.size))
    for rank in range(counts.max()):
        who = np.flatnonzero(counts > rank)
        spike = begin[who] + rank
        trace[who] *= np.exp(-(tick[spike] - last[who]) * dt / tau)
        squared[who] += 0.5 + sign[spike] * trace[who]
        trace[who] += sign[spike]
        last[who] = tick[spike]
    return np.sqrt(np.maximum(squared, 0.0))
