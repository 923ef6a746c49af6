"""Delays that act on the presynaptic signal, before it spreads over synapses."""

from abc import abstractmethod

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..numerics import as_count, as_time_step, fail

LONGEST = 2**31 - 1


class Ticks:
    """Integer delays as hashable data: how far to look back is structure, not a parameter."""

    def __init__(self, array: np.ndarray):
        """Keep a read-only copy."""
        self.array = np.array(array, dtype=np.int32)
        self.array.setflags(write=False)

    def __hash__(self):
        """Hash shape and values."""
        return hash((self.array.shape, self.array.tobytes()))

    def __eq__(self, other):
        """Compare shape and values."""
        return isinstance(other, Ticks) and np.array_equal(self.array, other.array)

    def __repr__(self):
        """Show the range."""
        return f"Ticks({self.array.min()}..{self.array.max()}, shape {self.array.shape})"


class Delay(eqx.Module):
    """When a source's output reaches its synapses, the same for all synapses of one source."""

    longest: eqx.AbstractVar[int]
    """Longest delay in ticks."""
    shortest: eqx.AbstractVar[int]
    """Shortest delay in ticks."""

    @abstractmethod
    def read(self, window: Float[Array, "depth+1 *source"]) -> Float[Array, "*source"]:
        """Return what arrives now; `window` is newest first."""

    @abstractmethod
    def sweep(self, past, signal: Float[Array, "t *source"]) -> Float[Array, "t *source"]:
        """Return what arrives in every tick of a block; `past` (oldest first) precedes it."""


class NoDelay(Delay):
    """Arrives in the tick in which it is published.

    >>> NoDelay().longest
    0
    """

    @property
    def longest(self):
        """Zero."""
        return 0

    @property
    def shortest(self):
        """Zero."""
        return 0

    def read(self, window):
        """Return the newest output."""
        return window[0]

    def sweep(self, past, signal):
        """Return the signal as it is."""
        return signal


class ProjectionDelay(Delay):
    """One delay for a whole projection, $x_{t-d}$.

    **Arguments:** `ticks`, d, at least 1 (`ticks_of` converts from ms).

    **Raises:** `NeuropilError` unless `ticks` is an integer of at least 1.

    >>> ProjectionDelay(3).read(jnp.arange(4.0)[:, None])
    Array([3.], dtype=float32)
    """

    ticks: int = eqx.field(static=True, converter=lambda value: as_count(value, "ticks"))

    @property
    def longest(self):
        """The delay."""
        return self.ticks

    @property
    def shortest(self):
        """The delay."""
        return self.ticks

    def read(self, window):
        """Return the output of `ticks` ago."""
        return window[self.ticks]

    def sweep(self, past, signal):
        """Return the signal shifted by `ticks`."""
        return join(past, signal)[: signal.shape[0]]


class AxonalDelay(Delay):
    """A delay per source neuron, $x_{i,\\,t-d_i}$.

    **Arguments:** `ticks`, integers of the source's shape, at least 0.

    **Raises:** `NeuropilError` unless `ticks` are concrete integers of at least 0.

    >>> AxonalDelay(np.array([0, 2])).longest
    2
    """

    ticks: Ticks = eqx.field(static=True, converter=lambda value: as_ticks(value, "ticks"))

    @property
    def longest(self):
        """The longest axon's delay."""
        return int(self.ticks.array.max())

    @property
    def shortest(self):
        """The shortest axon's delay."""
        return int(self.ticks.array.min())

    def read(self, window):
        """Return each source's output of its own `ticks` ago."""
        return jnp.take_along_axis(window, self.ticks.array[None], axis=0)[0]

    def sweep(self, past, signal):
        """Return each source's signal shifted by its own `ticks`."""
        ticks = self.ticks.array
        time = np.arange(signal.shape[0]).reshape(-1, *(1,) * ticks.ndim)
        return jnp.take_along_axis(join(past, signal), time + self.longest - ticks[None], axis=0)


def ticks_of(duration, dt: float):
    """Return durations as whole numbers of ticks: an int, or integers of the shape of an array.

    **Arguments:** `duration`, one or an array, and `dt`, in ms.

    **Raises:** `NeuropilError` unless every duration is a multiple of `dt`, to the precision of its
    type of number.

    >>> ticks_of(1.5, dt=0.1), ticks_of(np.array([1.5, 0.2]), dt=0.1).tolist()
    (15, [15, 2])
    """
    dt = as_time_step(dt)
    expected, fix = f"a multiple of dt = {dt} ms", "round it, or choose another dt"
    try:
        given = np.asarray(duration)
    except Exception:  # of any kind: what it is made of is unknown
        given = np.empty(0)
    if given.dtype.kind not in "fiu" or not given.size:
        fail("duration", duration, expected, "pass one number, or an array of numbers")
    exact = given.astype(np.float64)
    rounding = np.finfo(given.dtype).eps if given.dtype.kind == "f" else 0.0
    ticks = np.rint(np.where(np.isfinite(exact), exact, -1.0) / dt)
    slack = np.maximum(1e-6 * dt, rounding * np.abs(exact))
    is_whole = (ticks >= 0) & (ticks <= LONGEST) & (np.abs(ticks * dt - exact) <= slack)
    if not is_whole.all():
        where = np.unravel_index(int(np.argmin(is_whole)), given.shape)
        at = f" at index {', '.join(map(str, where))}" if given.ndim else ""
        fail("duration", f"{given[where]}{at}", expected, fix)
    return ticks.astype(np.int32) if given.ndim else int(ticks)


def check_ticks(value, name: str) -> np.ndarray:
    """Return integer delays as an array, refusing anything else.

    **Raises:** `NeuropilError` for fractions, negative delays and empty arrays.
    """
    array = np.asarray(value.array if isinstance(value, Ticks) else value)
    expected = "whole ticks, at least 0"
    if array.size == 0 or not np.issubdtype(array.dtype, np.integer):
        fail(name, f"{array.dtype} of shape {array.shape}", expected, "convert with ticks_of")
    if array.min() < 0:
        fail(name, f"{array.min()}", expected, "delays look back only")
    if array.max() > LONGEST:
        fail(name, f"{array.max()}", f"{expected}, at most {LONGEST}", "pass ticks, not times")
    return array


def as_ticks(value, name: str) -> Ticks:
    """Return integer delays as structure, refusing anything else.

    **Raises:** `NeuropilError` for fractions, negative delays and empty arrays.
    """
    return Ticks(check_ticks(value, name))


def join(past, signal: Float[Array, "t *source"]) -> Float[Array, "..."]:
    """Return a block preceded by its past; booleans stay booleans where there is no past."""
    if past is None or past.shape[0] == 0:
        return signal
    kind = jnp.result_type(past, signal)
    return jnp.concatenate([past.astype(kind), signal.astype(kind)])
