"""Linear kinetics: what arrivals open, now and at the end of a tick, advanced exactly."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from ..numerics import relative_growth


class Cascade(NamedTuple):
    """A variable that arrivals raise, and the one that it feeds."""

    rising: Float[Array, "*n"]
    opened: Float[Array, "*n"]


def closed(size, *parameters) -> Float[Array, "*n"]:
    """Return zeros of the parameters' type."""
    return jnp.zeros(size, jnp.result_type(*parameters))


def decayed(y, arriving, tau, dt):
    r"""Return $y$ at the end of the tick and now: $\tau\,\dot y = -y$, $y \leftarrow y + x$."""
    now = y + arriving
    return (now * jnp.exp(-dt / tau)).astype(y.dtype), now


def alpha(state: Cascade, arriving, tau, dt):
    r"""Return the state at the end of the tick, and what is open now.

    $\tau\,\dot h = -h$, $\tau\,\dot y = h - y$, $h \leftarrow h + e\,x$: y peaks at x after tau.
    """
    rising = state.rising + jnp.e * arriving
    share, left = dt / tau, jnp.exp(-dt / tau)
    after = Cascade(rising * left, (state.opened + rising * share) * left)
    return _typed_as(state, after), state.opened


def double_exponential(state: Cascade, arriving, rise, decay, dt):
    r"""Return the state at the end of the tick, and what is open now.

    $\tau_r\,\dot h = -h$, $\dot y = h/\tau_r - y/\tau_d$, $h \leftarrow h + m\,x$: y peaks at x.
    """
    peak = jnp.exp(1.0 / relative_growth(jnp.log(decay / rise)))
    rising = state.rising + peak * arriving
    left = jnp.exp(-dt / decay)
    fed = left * (dt / rise) * relative_growth(dt * (1.0 / decay - 1.0 / rise))
    after = Cascade(rising * jnp.exp(-dt / rise), state.opened * left + rising * fed)
    return _typed_as(state, after), state.opened


def _typed_as(before: Cascade, after: Cascade) -> Cascade:
    return Cascade(*(a.astype(b.dtype) for a, b in zip(after, before, strict=True)))
