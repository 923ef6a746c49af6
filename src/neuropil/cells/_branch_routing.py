"""Which input each synapse of a dendrite's branches takes."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int

from ..numerics import as_count, as_flag, as_key, fail


class BranchRouting(eqx.Module):
    """The synapses of branches: the input of each, and whether it is there.

    **Arguments:** `inputs`, how many there are; `source`, [branch, synapse], the index of each
    synapse's input; `valid`, the same shape, False for a synapse that is not there.

    **Raises:** `NeuropilError` for sources that are no indices of inputs, and shapes that differ.

    >>> BranchRouting(4, [[0, 1], [2, 3]]).branches
    2
    """

    inputs: int = eqx.field(static=True)
    source: Int[Array, "branch synapse"]
    valid: Bool[Array, "branch synapse"]

    def __init__(self, inputs, source, valid=None):
        self.inputs = as_count(inputs, "inputs")
        index = np.asarray(source)
        if index.ndim != 2 or not index.size or index.dtype.kind not in "iu":
            expected = "integers [branch, synapse]"
            fail("source", f"{index.dtype}{list(index.shape)}", expected, "give every branch a row")
        if index.min() < 0 or index.max() >= self.inputs:
            wrong = int(index.min() if index.min() < 0 else index.max())
            fail("source", f"input {wrong}", f"0 to {self.inputs - 1}", "count inputs from 0")
        flags = np.ones(index.shape, bool) if valid is None else np.asarray(valid)
        if flags.shape != index.shape or flags.dtype != bool:
            got = f"{flags.dtype}{list(flags.shape)}"
            fail("valid", got, f"booleans {list(index.shape)}", "give one flag per synapse")
        self.source, self.valid = jnp.asarray(index, jnp.int32), jnp.asarray(flags)

    @property
    def branches(self) -> int:
        """The number of branches."""
        return self.source.shape[0]

    @property
    def synapses(self) -> int:
        """The number of synapses of a branch."""
        return self.source.shape[1]


def window_routing(
    inputs: int, branches: int, synapses: int, *, interleaved: bool = False
) -> BranchRouting:
    r"""Return a routing in which every branch takes neighbouring inputs.

    Synapse k of branch j takes input $j \lceil n/n_b \rceil + k$, for n inputs and $n_b$ branches;
    what lies behind the last input is not there. Windows overlap where there are more synapses
    than $\lceil n/n_b \rceil$: an input in two windows has two synapses, with a weight each.

    **Arguments:** `inputs` n; `branches` $n_b$; `synapses` per branch; `interleaved`, whether
    inputs are taken as 0, n/2, 1, n/2 + 1, ...: excitatory and inhibitory ones in turn, if the
    excitatory ones come first.

    **Raises:** `NeuropilError` for counts that are none, windows that leave inputs out, and an odd
    number of inputs to interleave.

    >>> window_routing(5, 2, 4).source
    Array([[0, 1, 2, 3],
           [3, 4, 4, 4]], dtype=int32)
    >>> window_routing(5, 2, 4).valid[1].tolist()
    [True, True, False, False]

    Source: Spieler et al. 2023, https://doi.org/10.48550/arXiv.2306.16922
    """
    n = as_count(inputs, "inputs")
    stride = -(-n // as_count(branches, "branches"))
    if as_count(synapses, "synapses") < stride:
        expected = f"at least {stride}, so that {branches} windows hold {n} inputs"
        fail("synapses", synapses, expected, "take more synapses, more branches or random_routing")
    position = stride * np.arange(branches)[:, None] + np.arange(synapses)
    order = np.arange(n)
    if as_flag(interleaved, "interleaved"):
        if n % 2:
            fail("inputs", n, "an even number of inputs to interleave", "pass interleaved=False")
        order = (order % 2) * (n // 2) + order // 2
    return BranchRouting(n, order[np.minimum(position, n - 1)], position < n)


def random_routing(inputs: int, branches: int, synapses: int, *, key) -> BranchRouting:
    """Return a routing in which every synapse takes an input at random, with replacement.

    **Arguments:** as for :func:`window_routing`; `key`, for the choice.

    **Raises:** `NeuropilError` for counts that are none, and anything but a key.

    >>> random_routing(100, 3, 20, key=jax.random.key(0)).source.shape
    (3, 20)
    """
    n = as_count(inputs, "inputs")
    shape = as_count(branches, "branches"), as_count(synapses, "synapses")
    return BranchRouting(n, jax.random.randint(as_key(key), shape, 0, n))
