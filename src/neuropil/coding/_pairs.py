"""Which neurons are compared with which: pairs of indices."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from ..numerics import as_count, as_key, fail

Pairs = tuple[Int[Array, " pairs"], Int[Array, " pairs"]]


def dense_pairs(left, right) -> Pairs:
    r"""Return the pairs $(l_i, r_j)$ of all $i \le j$ of two lists of neurons.

    **Arguments:** `left` and `right`, indices `[n]`; n (n + 1) / 2 pairs come of them.

    **Raises:** `NeuropilError` for lists of different lengths, and what are no indices.

    >>> [p.tolist() for p in dense_pairs(jnp.array([4, 5]), jnp.array([4, 5]))]
    [[4, 4, 5], [4, 5, 5]]

    Source: Darlow et al. 2025, https://doi.org/10.48550/arXiv.2505.05522
    """
    left, right = as_indices(left, "left"), as_indices(right, "right")
    if left.shape != right.shape:
        got = f"{len(left)} and {len(right)} indices"
        fail("left and right", got, "two lists of one length", "pass as many of each")
    i, j = jnp.triu_indices(len(left))
    return left[i], right[j]


def first_last_pairs(size: int, first: int, last: int) -> tuple[Pairs, Pairs]:
    """Return all pairs among the first neurons, and all pairs among the last ones.

    **Arguments:** `size`, the number of neurons; `first` and `last`, how many of them.

    **Raises:** `NeuropilError` unless both fit into `size` side by side.

    >>> (left, right), _ = first_last_pairs(6, 2, 3)
    >>> left.tolist(), right.tolist()
    ([0, 0, 1], [0, 1, 1])

    Source: Darlow et al. 2025, https://doi.org/10.48550/arXiv.2505.05522
    """
    size, first, last = (
        as_count(n, name) for n, name in ((size, "size"), (first, "first"), (last, "last"))
    )
    if first + last > size:
        fail("first", f"{first}, and {last} last ones", f"at most {size} in all", "take fewer")
    neurons = jnp.arange(size)
    at_first, at_last = neurons[:first], neurons[size - last :]
    return dense_pairs(at_first, at_first), dense_pairs(at_last, at_last)


def random_dense_pairs(size: int, count: int, key) -> Pairs:
    """Return the dense pairs of two lists of random neurons, drawn with replacement.

    **Arguments:** `size`, the number of neurons; `count`, how many on either side; `key`.

    **Raises:** `NeuropilError` for counts below 1, and what is no key.

    >>> random_dense_pairs(10, 4, jax.random.key(0))[0].shape
    (10,)

    Source: Darlow et al. 2025, https://doi.org/10.48550/arXiv.2505.05522
    """
    size, count = as_count(size, "size"), as_count(count, "count")
    return dense_pairs(*jax.random.randint(as_key(key), (2, count), 0, size))


def random_pairs(size: int, count: int, key, *, own: int = 0) -> Pairs:
    """Return pairs of random neurons, drawn with replacement.

    **Arguments:** `size`, the number of neurons; `count`, how many pairs; `key`; `own`, how many of
    the pairs, the first ones, are of a neuron with itself.

    **Raises:** `NeuropilError` for counts below 1, more pairs of neurons with themselves than
    pairs, and what is no key.

    >>> left, right = random_pairs(10, 5, jax.random.key(0), own=2)
    >>> (left[:2] == right[:2]).tolist(), len(left)
    ([True, True], 5)

    Source: Darlow et al. 2025, https://doi.org/10.48550/arXiv.2505.05522
    """
    size, count = as_count(size, "size"), as_count(count, "count")
    if as_count(own, "own", minimum=0) > count:
        fail("own", own, f"at most {count}, the number of pairs", "lower it")
    left, right = jax.random.randint(as_key(key), (2, count), 0, size)
    return left, jnp.where(jnp.arange(count) < own, left, right)


def as_indices(value, name: str) -> Int[Array, " n"]:
    """Return a list of indices that are not negative, refusing anything else."""
    fix = "pass indices of neurons, e.g. jnp.arange(16)"
    try:
        array = jnp.asarray(value)
    except (TypeError, ValueError):
        fail(name, type(value).__name__, "whole numbers [n]", fix)
    if array.ndim != 1 or not array.size or not jnp.issubdtype(array.dtype, jnp.integer):
        fail(name, f"{array.dtype} of shape {array.shape}", "whole numbers [n]", fix)
    return array
