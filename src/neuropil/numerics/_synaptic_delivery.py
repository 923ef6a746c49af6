"""What listed synapses deliver, in proportion to what is published."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from ._circuit import Synapses
from ._delivery_primitive import ARRIVING, SIGNAL, WEIGHT, Form, bind
from ._errors import as_count, fail


def synaptic_delivery(
    synapses: Synapses, signal: Float[Array, "depth+time source"], *, size: int, depth: int
) -> Float[Array, "time target"]:
    r"""Return what listed synapses deliver of a signal, tick by tick.

    $I_{t,j} = \sum_{s:\,j_s = j} w_s\, x_{t-d_s,\,i_s}$

    On a CPU with Numba (`pip install neuropil[kernels]`) only what is not zero in the signal is
    walked, as it is for the derivative by the weights; the derivative by the signal is gathered in
    one pass. Batches that share their weights are one call.

    **Arguments:** `synapses`, listed; `signal`, that of `depth` ticks before the first that is
    wanted, oldest first, and of all that are; `size`, of the target; `depth`, the longest delay in
    ticks.

    **Raises:** `NeuropilError` for a matrix of synapses, and a signal that does not fit.

    >>> listed = Synapses(jnp.array([0, 2, 3]), jnp.array([0, 1, 1]), jnp.array([1.0, 2.0, 4.0]), 1)
    >>> synaptic_delivery(listed, jnp.array([[1.0, 0.0], [1.0, 1.0]]), size=2, depth=1)
    Array([[1., 2.]], dtype=float32)
    """
    if synapses.starts is None or synapses.targets is None:
        fail("synapses", "a matrix", "starts and targets", "multiply the signal with the matrix")
    as_count(size, "size")
    n_source, weight = synapses.starts.shape[0] - 1, jnp.asarray(synapses.weight)
    signal = jnp.asarray(signal).astype(weight.dtype)
    length = signal.shape[0] - depth if signal.ndim == 2 else 0
    if length < 1 or signal.shape[1] != n_source:
        expected = f"[depth + time, {n_source}], with {depth} ticks before the first"
        fail("signal", f"shape {list(signal.shape)}", expected, "put time first")
    lists = [synapses.starts, synapses.targets]
    if isinstance(synapses.ticks, int):
        signal, depth = signal[depth - synapses.ticks :][:length], 0
    else:
        lists.append(synapses.ticks)
    form = Form((1, 1, 1), length, depth, n_source, size, weight.shape[0])
    lists = [jnp.asarray(v).astype(jnp.int32) for v in lists]
    return bind(ARRIVING, form, {SIGNAL: signal[None], WEIGHT: weight[None]}, lists)[0]
