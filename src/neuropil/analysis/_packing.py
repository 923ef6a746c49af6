from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool
from numpy.typing import ArrayLike

from ..numerics import as_count, fail, is_traced
from ._events import Events

_BLOCK = 1 << 24  # bytes unpacked at a time


def pack_spikes(spikes: Any) -> Any:
    """Return spikes with eight neurons to a byte: an eighth of the memory of booleans.

    Neuron 0 is the highest bit of byte 0, as in `jnp.packbits`. It also works on one tick of one
    sample, while a run goes on: `Record("exc", encode=pack_spikes)` keeps `[time, batch, bytes]`.

    **Arguments:** `spikes`, 0/1 of any type, `[..., neuron]`.

    **Returns:** `[..., ceil(neuron / 8)]`, uint8; of JAX for an array of JAX, else of NumPy.

    **Raises:** `NeuropilError` for other values, and for no neuron.

    >>> pack_spikes(np.array([[1, 0, 0, 0, 0, 0, 0, 1, 1]])).tolist()
    [[129, 128]]
    """
    expected = "0 and 1, [..., neuron]"
    fix = "pass spikes, e.g. spikes > 0"
    try:
        array = spikes if isinstance(spikes, jax.Array) else np.asarray(spikes)
        is_numeric = jnp.issubdtype(array.dtype, jnp.number) or array.dtype == bool
    except Exception:  # of any kind: what it is made of is unknown
        fail("spikes", f"{type(spikes).__name__}", expected, fix)
    if not is_numeric:
        fail("spikes", f"{type(spikes).__name__} of {array.dtype}", expected, fix)
    if not array.ndim or not array.size:
        fail("spikes", f"shape {array.shape}", expected, fix)
    if not is_traced(array) and not bool(((array == 0) | (array == 1)).all()):
        fail("spikes", "other values than 0 and 1", expected, fix)
    library = jnp if isinstance(array, jax.Array) else np
    return library.packbits(array > 0, axis=-1)


def unpack_spikes(packed: ArrayLike, n: int) -> Bool[np.ndarray, "*rest neuron"]:
    """Return what was packed by `pack_spikes`.

    **Arguments:** `packed`, `[..., ceil(n / 8)]`, uint8; `n`, the number of neurons.

    **Raises:** `NeuropilError` for other types and numbers of bytes.

    >>> unpack_spikes(np.array([[129, 128]], np.uint8), 9).astype(int).tolist()
    [[1, 0, 0, 0, 0, 0, 0, 1, 1]]
    """
    packed, n = _as_packed(packed, n)
    return np.unpackbits(packed, axis=-1, count=n).astype(bool)


def unpack_events(packed: ArrayLike, n: int) -> Events:
    """Return what was packed by `pack_spikes` as events, without unpacking all of it at once.

    **Arguments:** `packed`, `[time, ceil(n / 8)]`, uint8, of one sample; it may be mapped from a
    file; `n`, the number of neurons.

    **Raises:** `NeuropilError` for other types, shapes and numbers of bytes.

    >>> unpack_events(np.array([[0, 0], [129, 128]], np.uint8), 9).neuron.tolist()
    [0, 7, 8]
    """
    packed, n = _as_packed(packed, n)
    if packed.ndim != 2:
        fail("packed", f"shape {packed.shape}", "[time, bytes]", "pass one sample, packed[:, 0]")
    block = max(1, _BLOCK // n)
    ticks, neurons = [], []
    for start in range(0, len(packed), block):
        tick, neuron = np.nonzero(np.unpackbits(packed[start : start + block], axis=-1, count=n))
        ticks.append(tick + start)
        neurons.append(neuron)
    return Events(np.concatenate(ticks), np.concatenate(neurons), len(packed), n)


def _as_packed(packed: Any, n: Any) -> tuple[np.ndarray, int]:
    n = as_count(n, "n")
    fix = "pass what pack_spikes returned, and the number of neurons that were packed"
    expected = f"uint8 [..., {-(-n // 8)}] for n = {n}"
    try:
        array = packed if isinstance(packed, np.ndarray) else np.asarray(packed)
    except Exception:  # of any kind: what it is made of is unknown
        fail("packed", f"{type(packed).__name__}", expected, fix)
    if array.dtype != np.uint8:
        fail("packed", f"{type(packed).__name__} of {array.dtype}", expected, fix)
    if not array.ndim or not array.size or array.shape[-1] != -(-n // 8):
        fail("packed", f"shape {array.shape}", expected, fix)
    return array, n
