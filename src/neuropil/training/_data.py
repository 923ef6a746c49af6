"""Where samples come from: arrays, arrays with an encoder, or a function that makes batches."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, runtime_checkable

import jax
import numpy as np

from ..numerics import as_count, fail


@runtime_checkable
class Data(Protocol):
    """A finite set of samples that gives any batch of them."""

    @property
    def size(self) -> int:
        """The number of samples."""
        ...

    def take(self, indices: np.ndarray, keys: jax.Array) -> tuple[Any, Any]:
        """Return inputs `[time, batch, *port]` and targets `[batch, ...]`, always the same ones.

        **Arguments:** `indices` of the samples; `keys`, one per sample.
        """
        ...


@dataclass(frozen=True)
class Arrays:
    """Samples that lie in memory, sample first.

    **Arguments:** `inputs`, `[sample, time, *port]`, numbers or booleans, or a dict of such arrays
    by port; `targets`, `[sample, ...]`.

    **Raises:** `NeuropilError` where the numbers of samples differ or are zero.

    >>> Arrays(np.zeros((8, 20, 3), bool), np.arange(8)).size
    8
    """

    inputs: Any
    targets: Any

    def __post_init__(self):
        """Refuse sets that do not match."""
        _check_samples(self.inputs, self.targets, "inputs", rank=2, axes="[sample, time, ...]")

    @property
    def size(self) -> int:
        """The number of samples."""
        return len(jax.tree.leaves(self.targets)[0])

    def take(self, indices, keys):
        """Return some samples; the keys are not used."""
        return _time_first(_pick(self.inputs, indices)), _pick(self.targets, indices)


@dataclass(frozen=True)
class Encoded:
    """Samples that are encoded anew whenever they are used.

    $x_i = \\mathrm{encode}(\\mathrm{sample}_i, \\mathrm{key}_i)$, with a key that depends on the
    sample and the epoch, not on the batch.

    **Arguments:** `samples`, `[sample, ...]`; `targets`, `[sample, ...]`; `encode`, a JAX function
    of one sample and a key that returns `[time, *port]`.

    **Raises:** `NeuropilError` where the numbers of samples differ or are zero.

    >>> flicker = lambda x, key: jax.random.bernoulli(key, x, (20, *x.shape))
    >>> data = Encoded(np.full((8, 3), 0.2, np.float32), np.arange(8), flicker)
    >>> data.take(np.array([1, 5]), jax.random.split(jax.random.key(0)))[0].shape
    (20, 2, 3)
    """

    samples: Any
    targets: Any
    encode: Callable[[Any, jax.Array], Any]

    def __post_init__(self):
        """Refuse sets that do not match."""
        _check_samples(self.samples, self.targets, "samples", rank=1, axes="[sample, ...]")
        if not callable(self.encode):
            fail("encode", self.encode, "a function of one sample and a key", "pass an encoder")

    @property
    def size(self) -> int:
        """The number of samples."""
        return len(jax.tree.leaves(self.targets)[0])

    def take(self, indices, keys):
        """Return some samples, encoded."""
        return _encode(self.encode, _pick(self.samples, indices), keys), _pick(
            self.targets, indices
        )


@dataclass(frozen=True)
class Batches:
    """Samples that a function makes, for data that do not fit in memory.

    **Arguments:** `size`, the number of samples; `make`, called as `make(indices, keys)` with one
    key per sample, which returns inputs `[time, batch, *port]` and targets `[batch, ...]`. It must
    return the same for the same arguments: replays and resumed runs rely on it.

    **Raises:** `NeuropilError` unless `size` is a positive integer and `make` a function.

    >>> Batches(3, lambda indices, keys: (np.ones((9, len(indices), 2)), indices)).size
    3
    """

    size: int
    make: Callable[[np.ndarray, jax.Array], tuple[Any, Any]]

    def __post_init__(self):
        """Refuse nonsense."""
        as_count(self.size, "size")
        if not callable(self.make):
            fail("make", self.make, "a function of indices and keys", "pass a function")

    def take(self, indices, keys):
        """Return what the function makes."""
        return self.make(indices, keys)


def as_data(value: Any, name: str) -> Data:
    """Return data given as such or as a pair of arrays.

    **Raises:** `NeuropilError` for anything else.

    >>> as_data((np.zeros((4, 5, 1)), np.zeros(4)), "train").size
    4
    """
    if isinstance(value, tuple) and len(value) == 2:
        return Arrays(*value)
    is_array = isinstance(value, np.ndarray | jax.Array)  # these have a `take` of their own
    if is_array or not isinstance(value, Data) or isinstance(value, type):
        fail(
            name,
            type(value).__name__,
            "a pair (inputs, targets), Arrays, Encoded or Batches",
            f"pass e.g. {name}=(inputs, targets), sample first",
        )
    return value


def _pick(tree, indices):
    return jax.tree.map(lambda x: np.asarray(x)[indices], tree)


@jax.jit
def _time_first(tree):
    return jax.tree.map(lambda x: x.swapaxes(0, 1), tree)


@partial(jax.jit, static_argnums=0)
def _encode(encode, samples, keys):
    return jax.vmap(encode, out_axes=1)(samples, keys)


def _check_samples(inputs, targets, name, rank, axes):
    shapes = [np.shape(x) for x in jax.tree.leaves(inputs)]
    counts = [np.shape(x)[:1] for x in jax.tree.leaves(targets)]
    if not shapes or any(len(shape) < rank or 0 in shape for shape in shapes):
        fail(name, f"shapes {shapes}", f"{axes}, none of them empty", "put samples first")
    wrong = [x for x in jax.tree.leaves(inputs) if np.asarray(x).dtype.kind not in "bifu"]
    if wrong:
        fail(name, f"an array of {np.asarray(wrong[0]).dtype}", "numbers or booleans", "convert")
    if not counts or len({shape[:1] for shape in shapes} | set(counts)) != 1:
        fail(
            "targets",
            f"{[c[0] if c else 'a single value' for c in counts]} of them",
            f"one per sample, {shapes[0][0]}",
            "give inputs and targets the same first axis",
        )
