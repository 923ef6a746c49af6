import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from ..core import Node
from ..numerics import as_shape, fail


class SpikeGenerator(Node):
    r"""Plays recorded spikes: event k is a spike of neuron `neurons[k]` in tick `ticks[k]`.

    Memory is that of the events, not of neurons times ticks; a tick takes time for looking its
    events up, which grows with the logarithm of their number, and for as many as the fullest tick
    has. Ticks count from the start of the run, also where it is carried on.

    **Arguments:** `size`, an int; `neurons` and `ticks`, integers of one length, in any order (they
    are sorted here).

    **Raises:** `NeuropilError` for events of neurons that do not exist, negative ticks, two spikes
    of one neuron in one tick, arrays of other kinds or different lengths.

    >>> import jax
    >>> from neuropil.core import simulate
    >>> player = SpikeGenerator(2, neurons=[1, 0], ticks=[0, 2])
    >>> _, records = simulate(player, None, dt=1.0, key=jax.random.key(0), ticks=3)
    >>> records.output.tolist()
    [[0.0, 1.0], [0.0, 0.0], [1.0, 0.0]]
    """

    size: tuple = eqx.field(static=True)
    neurons: Int[Array, " events"]
    ticks: Int[Array, " events"]
    fullest: int = eqx.field(static=True)

    def __init__(self, size, neurons, ticks):
        """Check the events and sort them."""
        self.size = as_shape(size, "size")
        if len(self.size) > 1:
            fail("size", self.size, "one axis of neurons", "pass an int and number the neurons")
        neurons, ticks = _as_events(neurons, "neurons"), _as_events(ticks, "ticks")
        if neurons.shape != ticks.shape:
            got = f"{neurons.size} neurons and {ticks.size} ticks"
            fail("neurons and ticks", got, "one of each per event", "pass arrays of one length")
        _check_range(neurons, "neurons", self.size[0] - 1, "number neurons from 0")
        _check_range(ticks, "ticks", np.iinfo(np.int32).max, "count ticks from 0")
        order = np.lexsort((neurons, ticks))
        neurons, ticks = neurons[order], ticks[order]
        again = (np.diff(ticks) == 0) & (np.diff(neurons) == 0)
        if again.any():
            k = int(np.argmax(again))
            got = f"neuron {neurons[k]} twice in tick {ticks[k]}"
            fail("neurons and ticks", got, "at most one spike per neuron and tick", "drop one")
        self.neurons = jnp.asarray(neurons, jnp.int32)
        self.ticks = jnp.asarray(ticks, jnp.int32)
        self.fullest = int(np.unique(ticks, return_counts=True)[1].max(initial=0))

    @property
    def ports(self):
        """None: nothing arrives here."""
        return {}

    @property
    def shape(self):
        """One train per neuron."""
        return self.size

    def init(self, *, key):
        """Return no state."""
        return ()

    def step(self, state, inputs, tick) -> tuple[tuple, Float[Array, " n"]]:
        """Return the spikes of a tick."""
        silent = jnp.zeros(self.size)
        index = jnp.asarray(tick.index, jnp.int32)
        here = jnp.searchsorted(self.ticks, index) + jnp.arange(self.fullest)
        found = self.ticks.at[here].get(mode="fill", fill_value=-1) == index
        neurons = jnp.where(found, self.neurons.at[here].get(mode="clip"), self.size[0])
        return state, silent.at[neurons].set(1.0, mode="drop")

    def sense(self, state):
        """Return nothing: there is no state."""
        return {}


def _as_events(value, name: str) -> np.ndarray:
    """Return a vector of integers, refusing anything else."""
    expected, fix = "a vector of integers, one per event", f"pass e.g. {name}=[0, 3, 3]"
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        fail(name, value, expected, fix)
    if array.ndim == 1 and not array.size and array.dtype == np.float64:
        array = array.astype(np.int32)
    if array.ndim != 1 or not np.issubdtype(array.dtype, np.integer):
        fail(name, f"{array.dtype} of shape {array.shape}", expected, fix)
    return array


def _check_range(array, name, largest, fix):
    bad = (array < 0) | (array > largest)
    if bad.any():
        k = int(np.argmax(bad))
        fail(name, f"{array[k]} in event {k}", f"integers from 0 to {largest}", fix)
