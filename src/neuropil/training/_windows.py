"""Windows of long series, drawn anew in every epoch, to be followed and foretold."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..numerics import as_count, fail


@dataclass(frozen=True)
class Windows:
    """Windows of a long series, at random places, each to be foretold from itself.

    Every sample of every epoch is $x_{s+1} \\ldots x_{s+T}$ with s uniform, drawn from the
    sample's key: all of it comes in at the port `forcing` of a `cells.TeacherForced`, and all but
    the first is the target, for `mean_squared_error(forecasts)`.

    **Arguments:** `series`, `[time, features]`, standardised and with its noise; `length` T;
    `size`, how many windows count as an epoch; `noise`, the spread of what is added to inputs
    only, anew for every sample.

    **Raises:** `NeuropilError` for a series that is not finite or too short.

    >>> windows = Windows(np.zeros((100, 3)), length=20, size=80)
    >>> inputs, targets = windows.take(np.arange(16), jax.random.split(jax.random.key(0), 16))
    >>> inputs["forcing"].shape, targets.shape
    ((20, 16, 3), (16, 19, 3))
    """

    series: Any
    length: int
    size: int
    noise: float = 0.0

    def __post_init__(self):
        """Check and place the series."""
        length = as_count(self.length, "length", minimum=2)
        as_count(self.size, "size")
        try:
            series = np.asarray(self.series, np.float32)
        except (TypeError, ValueError):
            series = np.zeros(0)
        if series.ndim != 2 or 0 in series.shape or not np.isfinite(series).all():
            shown = f"{type(self.series).__name__} of shape {np.shape(series)}"
            fail("series", shown, "finite numbers [time, features]", "pass an array")
        if len(series) < length:
            fail("length", length, f"at most {len(series)} ticks, as in the series", "shorten it")
        is_number = isinstance(self.noise, int | float) and not isinstance(self.noise, bool)
        if not is_number or not 0 <= self.noise < float("inf"):
            fail("noise", self.noise, "a finite number, at least 0", "pass e.g. noise=0.05")
        object.__setattr__(self, "series", jnp.asarray(series))

    def take(self, indices, keys):
        """Return windows that depend on their keys."""
        forcing, targets = _draw(self.series, self.length, self.noise, keys)
        return {"forcing": forcing}, targets


def forecasts(output: Float[Array, "time batch data"]) -> Float[Array, "batch later data"]:
    """Return what is foretold: the output without its first tick, in which nothing was known.

    **Raises:** `NeuropilError` unless the output has three axes, and two ticks.

    >>> forecasts(jnp.zeros((20, 16, 3))).shape
    (16, 19, 3)
    """
    shape = jnp.shape(output) if eqx.is_array_like(output) else None
    if shape is None or len(shape) != 3 or shape[0] < 2:
        shown = type(output).__name__ if shape is None else f"shape {shape}"
        fail("output", shown, "an array [time, batch, data] of 2 ticks or more", "run for longer")
    return jnp.swapaxes(output[1:], 0, 1)


@partial(jax.jit, static_argnums=1)
def _draw(series, length, noise, keys):
    def one(key):
        place, grain = jax.random.split(key)
        start = jax.random.randint(place, (), 0, len(series) - length + 1)
        window = jax.lax.dynamic_slice_in_dim(series, start, length)
        noisy = window + noise * jax.random.normal(grain, window.shape)
        return noisy, window[1:]

    return jax.vmap(one, out_axes=(1, 0))(keys)
