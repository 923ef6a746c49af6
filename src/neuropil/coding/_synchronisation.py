from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from ..core import Node, learnable
from ..numerics import as_parameter, as_shape, fail, is_traced
from ._pairs import as_indices

SLOWEST, FASTEST = 0.0, 15.0


class SynchronisationState(NamedTuple):
    """Weighted sum of the products so far, and of the weights."""

    products: Float[Array, " pairs"]
    weights: Float[Array, " pairs"]


class Synchronisation(Node):
    r"""How much pairs of neurons do the same, over all ticks so far.

    $$\alpha_t = e^{-r} \alpha_{t-1} + z_i z_j,\quad \beta_t = e^{-r} \beta_{t-1} + 1,\quad
    S = \alpha_t / \sqrt{\beta_t}$$

    which is $\sum_u e^{-r(t-u)} z_i(u) z_j(u) / \sqrt{\sum_u e^{-r(t-u)}}$. Nothing is kept of the
    past but two numbers for each pair. Of any node's output; r, how much is forgotten, is learnt,
    within 0 and 15.

    **Arguments:** `size`, the shape of what arrives; `left` and `right`, `[pairs]`: indices i and j
    of the pairs, in the flattened arrivals, as from :func:`random_pairs`; `forgetting` r per
    tick, one or one per pair.

    **Raises:** `NeuropilError` for indices outside of `size`, a forgetting outside of 0 to 15, and
    lists of different lengths.

    >>> import jax
    >>> from neuropil.core import simulate
    >>> node = Synchronisation(2, jnp.array([0, 0]), jnp.array([0, 1]))
    >>> z = jnp.array([[1.0, 1.0], [1.0, -1.0], [1.0, 1.0], [1.0, -1.0]])
    >>> simulate(node, z, dt=1.0, key=jax.random.key(0))[1].output[-1].tolist()
    [2.0, 0.0]

    Source: Darlow et al. 2025, https://doi.org/10.48550/arXiv.2505.05522
    """

    size: tuple = eqx.field(static=True)
    left: Int[Array, " pairs"]
    right: Int[Array, " pairs"]
    forgetting: Float[Array, " pairs"] = learnable()

    def __init__(self, size, left, right, forgetting=0.0):
        self.size = as_shape(size, "size")
        self.left, self.right = as_indices(left, "left"), as_indices(right, "right")
        forgetting = as_parameter(forgetting, "forgetting", unit="1 per tick", minimum=SLOWEST)
        per_pair = forgetting.shape or self.left.shape
        self.forgetting = jnp.broadcast_to(forgetting, per_pair)

    def __check_init__(self):
        """Refuse pairs of neurons that are not there, and forgetting of other pairs."""
        neurons, pairs = int(np.prod(self.size)), len(self.left)
        for name in ("left", "right"):
            found = getattr(self, name)
            if not is_traced(found) and not 0 <= int(found.min()) <= int(found.max()) < neurons:
                got = f"indices from {int(found.min())} to {int(found.max())}"
                fail(name, got, f"0 to {neurons - 1}, as the size is {self.size}", "check the size")
        if len(self.right) != pairs:
            fail("right", f"{len(self.right)} indices", f"{pairs}, as in left", "pair them")
        if self.forgetting.shape != (pairs,):
            expected = f"one forgetting, or one for each of {pairs} pairs"
            fail("forgetting", f"shape {self.forgetting.shape}", expected, "give one per pair")
        most = 0.0 if is_traced(self.forgetting) else float(self.forgetting.max())
        if most > FASTEST:
            fail("forgetting", most, f"at most {FASTEST:g} per tick", "lower it")

    @property
    def ports(self):
        """The one port `input`."""
        return {"input": self.size}

    @property
    def shape(self):
        """One number per pair."""
        return self.left.shape

    def init(self, *, key):
        """Return nothing seen so far."""
        zero = jnp.zeros(self.shape, self.forgetting.dtype)
        return SynchronisationState(zero, zero)

    def step(self, state, inputs, tick):
        """Add one tick."""
        return self.add(state, inputs["input"])

    def add(self, state, activity):
        """Return the state and the synchronisation after one tick of activity."""
        z, kept = activity.reshape(-1), jnp.exp(-self.forgetting)
        products = kept * state.products + z[self.left] * z[self.right]
        weights = kept * state.weights + 1.0
        return SynchronisationState(products, weights), products / jnp.sqrt(weights)

    def sense(self, state):
        """Return the synchronisation; 0 before the first tick."""
        return {"synchronisation": state.products / jnp.sqrt(jnp.maximum(state.weights, 1.0))}

    def constrained(self):
        """Return the node that forgets within its range."""
        kept = jnp.clip(self.forgetting, SLOWEST, FASTEST)
        return eqx.tree_at(lambda n: n.forgetting, self, kept)
