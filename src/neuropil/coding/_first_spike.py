from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Node
from ..numerics import as_shape, as_time_step, elementwise_scan
from ._checks import as_recording


class FirstSpikeState(NamedTuple):
    """1 until the first spike, and the time (ms) spent waiting for it."""

    waiting: Float[Array, "*size"]
    time: Float[Array, "*size"]


class FirstSpike(Node):
    r"""The time of the first spike of every input, in ms.

    $q_t = q_{t-1} (1 - s_t)$, $\quad T_t = T_{t-1} + q_t\,\Delta t$: time runs until the first
    spike and then stands still. A spike in the first tick gives 0; without a spike the output is
    the time that has passed, at the end of the run its length. For spike probabilities it is the
    expected time, so surrogate gradients pass through it.

    **Arguments:** `size`, the shape per tick; arrivals are spikes, 0 or 1 (or probabilities).

    **Raises:** `NeuropilError` unless `size` is a positive int or a tuple of them.

    >>> from neuropil.core import simulate
    >>> import jax
    >>> x = jnp.array([[0.0, 0.0], [1.0, 0.0], [0.0, 0.0]])
    >>> _, records = simulate(FirstSpike(2), x, dt=0.5, key=jax.random.key(0))
    >>> records.output[-1].tolist()
    [0.5, 1.5]
    """

    size: tuple = eqx.field(static=True, converter=lambda value: as_shape(value, "size"))

    @property
    def ports(self):
        """The one port `input`."""
        return {"input": self.size}

    @property
    def shape(self):
        """One time per input."""
        return self.size

    def init(self, *, key):
        """Return inputs that have not spiked."""
        return FirstSpikeState(jnp.ones(self.size), jnp.zeros(self.size))

    def step(self, state, inputs, tick):
        """Let time run where there was no spike."""
        state = _wait(tick.dt, state, inputs["input"])
        return state, state.time

    def sense(self, state):
        """Return the time in ms, and 1 where the first spike is still awaited."""
        return {"time": state.time, "waiting": state.waiting}


def first_spike(output: Float[Array, "time *rest"], dt: float) -> Float[Array, "*rest"]:
    r"""Return the time of the first spike in ms, or the length of the run where there is none.

    $T = \Delta t \sum_t \prod_{u \le t} (1 - s_u)$, which has a gradient wherever the spikes have
    one. `-first_spike(output, dt)` is a score by which the earliest class wins.

    **Arguments:** `output`, spikes, `[time, batch, features]` or any array with time first; `dt`
    in ms.

    **Raises:** `NeuropilError` for anything else, and a time step that is not positive.

    >>> first_spike(jnp.array([[0.0, 0.0], [1.0, 0.0], [1.0, 0.0]]), dt=2.0).tolist()
    [2.0, 6.0]
    """
    spikes = as_recording(output, "output", "[time, ...]")
    start = FirstSpikeState(jnp.ones_like(spikes[0]), jnp.zeros_like(spikes[0]))
    last, _ = elementwise_scan(
        lambda dt, state, s: (_wait(dt, state, s), None), as_time_step(dt), start, spikes
    )
    return last.time


def _wait(dt, state, spikes):
    waiting = state.waiting * (1.0 - spikes)
    return FirstSpikeState(waiting, state.time + waiting * dt)
