import jax.numpy as jnp
from jaxtyping import Array, Float

from ..numerics import as_count, as_time_step
from ._checks import as_intensity, as_scalar


def latency(
    x: Float[Array, "*features"], ticks: int, dt: float, tau: float = 20.0
) -> Float[Array, "time *features"]:
    r"""Return one spike per channel, the earlier the larger its value.

    A spike comes when a threshold that decays as $e^{-t/\tau}$ meets x, and in the last tick at the
    latest: in tick $k = \min(\lceil (\tau / \Delta t) \ln(1/x) \rceil,\ \mathrm{ticks} - 1)$.

    **Arguments:** `x`, values from 0 to 1 of any shape (`[batch, ...]` becomes
    `[time, batch, ...]`); `ticks`, the length; `dt` and `tau` in ms. Values down to
    $e^{-(\mathrm{ticks} - 1)\,\Delta t / \tau}$ are told apart.

    **Raises:** `NeuropilError` for values outside 0 to 1, no ticks, or times that are not positive.

    >>> latency(jnp.array([1.0, 0.5, 0.0]), ticks=4, dt=1.0, tau=2.0).argmax(0).tolist()
    [0, 2, 3]
    """
    x, constant = as_intensity(x, "x"), as_scalar(tau, "tau", "ms")
    last = as_count(ticks, "ticks") - 1
    wait = jnp.ceil(-jnp.log(x) * (constant / as_time_step(dt)))
    when = jnp.clip(wait, 0, last)
    time = jnp.arange(last + 1).reshape(-1, *(1,) * x.ndim)
    return (time == when).astype(x.dtype)
