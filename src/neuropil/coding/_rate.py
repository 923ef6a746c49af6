import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..numerics import as_count, as_key, as_time_step, fail, is_traced
from ._checks import as_intensity, as_scalar


def poisson_rate(
    x: Float[Array, "*features"], ticks: int, dt: float, max_rate: float, key
) -> Float[Array, "time *features"]:
    r"""Return random spikes: in every tick one with probability $p = x\, r\, \Delta t / 1000$.

    One key draws for all of `x` together. So that a sample's spikes depend on its own key and not
    on its batch, `vmap` over samples and keys, with `out_axes=1`; `training.Encoded` does that.

    **Arguments:** `x`, values from 0 to 1 of any shape (`[batch, ...]` becomes
    `[time, batch, ...]`); `ticks`, the length; `dt` in ms; `max_rate`, r in Hz, the mean rate at
    x = 1; `key`.

    **Raises:** `NeuropilError` for values outside 0 to 1, no ticks, and rates that are not positive
    or above one spike per tick.

    >>> poisson_rate(jnp.ones(3), 5, 1.0, max_rate=1000.0, key=jax.random.key(0)).sum(0).tolist()
    [5.0, 5.0, 5.0]
    """
    x, p = _per_tick(x, dt, max_rate)
    shape = (as_count(ticks, "ticks"), *x.shape)
    return jax.random.bernoulli(as_key(key), p, shape).astype(x.dtype)


def regular_rate(
    x: Float[Array, "*features"], ticks: int, dt: float, max_rate: float
) -> Float[Array, "time *features"]:
    r"""Return evenly spaced spikes: $\lfloor n p \rfloor$ of them in the first n ticks.

    $p = x\, r\, \Delta t / 1000$.

    **Arguments:** as for :func:`poisson_rate`, without a key.

    **Raises:** `NeuropilError` as :func:`poisson_rate`.

    >>> regular_rate(jnp.array(1.0), 6, 1.0, max_rate=500.0).tolist()
    [0.0, 1.0, 0.0, 1.0, 0.0, 1.0]
    """
    x, p = _per_tick(x, dt, max_rate)
    passed = jnp.arange(as_count(ticks, "ticks") + 1).reshape(-1, *(1,) * x.ndim)
    exact = 1.0 + 4.0 * jnp.finfo(x.dtype).eps  # rounding must not put a spike off by a tick
    due = jnp.floor(passed * (p * exact))
    return jnp.diff(due, axis=0).astype(x.dtype)


def _per_tick(x, dt, max_rate):
    x, dt = as_intensity(x, "x"), as_time_step(dt)
    rate = as_scalar(max_rate, "max_rate", "Hz")
    full = rate * dt / 1000.0
    if not is_traced(full) and float(full) > 1.0 + 1e-6:
        most = np.format_float_positional(1000.0 / dt, trim="-")
        fail(
            "max_rate", f"{float(rate):g} Hz", f"at most one spike per tick, {most} Hz", "lower it"
        )
    return x, x * full
