import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..numerics import as_parameter, fail
from ._checks import as_scalar


def delta_modulation(
    signal: Float[Array, "time *features"], threshold: float
) -> Float[Array, "time *features 2"]:
    r"""Return a spike whenever a signal has risen (channel 0) or fallen (1) by the threshold.

    Each spike moves a level, $L_t = L_{t-1} + \theta\,(\mathrm{on}_t - \mathrm{off}_t)$ from
    $L_0 = s_0$, with $\mathrm{on}_t = [s_t - L_{t-1} \ge \theta]$ and
    $\mathrm{off}_t = [L_{t-1} - s_t \ge \theta]$. The level is the reconstruction: as long as the
    signal moves by at most $\theta$ a tick, $|s_t - L_t| < \theta$; after a larger step the level
    catches up by $\theta$ a tick.

    **Arguments:** `signal`, time first, then any axes, batch among them; `threshold` $\theta$, in
    the signal's unit.

    **Raises:** `NeuropilError` for a threshold that is not positive, and a signal that is empty or
    not finite.

    >>> delta_modulation(jnp.array([0.0, 1.0, 2.0, 1.0]), threshold=1.0).tolist()
    [[0.0, 0.0], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    """
    signal = as_parameter(signal, "signal")
    if signal.ndim == 0:
        fail("signal", "a single number", "an array [time, ...]", "put time first")
    height = as_scalar(threshold, "threshold", "the signal's unit").astype(signal.dtype)

    def tick(level, s):
        rise = s - level
        on = (rise >= height).astype(signal.dtype)
        off = (-rise >= height).astype(signal.dtype)
        return level + height * (on - off), jnp.stack([on, off], axis=-1)

    return jax.lax.scan(tick, signal[0], signal)[1]
