from collections.abc import Mapping

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import SweepNode, learnable
from ..numerics import as_count, as_key, fail


class Attention(SweepNode):
    r"""Multi-head attention: queries look for what they need among tokens.

    For every head, $\mathrm{softmax}(Q K^\top / \sqrt{d_h})\, V$ with $Q = q W_q^\top + b_q$,
    $K = x W_k^\top + b_k$, $V = x W_v^\top + b_v$; the heads side by side pass a linear map.
    Weights are laid out as in PyTorch's `MultiheadAttention`.

    **Arguments:** `tokens`, how many there are; `width`, of tokens and queries; `heads`, which
    divide the width; `key`; `queries`, how many there are.

    **Raises:** `NeuropilError` for counts below 1, and heads that do not divide the width.

    >>> from neuropil.core import simulate
    >>> look = Attention(5, 8, 2, key=jax.random.key(0))
    >>> given = {"query": jnp.ones((3, 1, 8)), "tokens": jnp.ones((3, 5, 8))}
    >>> simulate(look, given, dt=1.0, key=jax.random.key(1))[1].output.shape
    (3, 1, 8)

    Source: Vaswani et al. 2017, https://doi.org/10.48550/arXiv.1706.03762
    """

    tokens: int = eqx.field(static=True)
    queries: int = eqx.field(static=True)
    heads: int = eqx.field(static=True)
    in_proj_weight: Float[Array, "three_width width"] = learnable()
    in_proj_bias: Float[Array, " three_width"] = learnable()
    out_proj: eqx.nn.Linear = learnable()

    def __init__(self, tokens: int, width: int, heads: int, *, key, queries: int = 1):
        self.tokens, self.queries = as_count(tokens, "tokens"), as_count(queries, "queries")
        self.heads, width = as_count(heads, "heads"), as_count(width, "width")
        if width % heads:
            fail("heads", heads, f"a divisor of the width, {width}", "choose e.g. heads=1")
        into, out = jax.random.split(as_key(key))
        limit = (6.0 / (4 * width)) ** 0.5  # Glorot's, of the three maps as one
        self.in_proj_weight = jax.random.uniform(
            into, (3 * width, width), minval=-limit, maxval=limit
        )
        self.in_proj_bias = jnp.zeros(3 * width)
        linear = eqx.nn.Linear(width, width, key=out)
        self.out_proj = eqx.tree_at(lambda m: m.bias, linear, jnp.zeros(width))

    @property
    def width(self) -> int:
        """The width of tokens, queries and answers."""
        return self.in_proj_weight.shape[1]

    @property
    def ports(self) -> Mapping[str, tuple[int, ...]]:
        """The ports `query` and `tokens`."""
        return {"query": (self.queries, self.width), "tokens": (self.tokens, self.width)}

    @property
    def shape(self):
        """One answer per query."""
        return (self.queries, self.width)

    def init(self, *, key):
        """Return no state."""
        return ()

    def step(self, state, inputs, tick):
        """Answer the queries of one tick."""
        return state, self.answer(inputs["query"], *self.keys_and_values(inputs["tokens"]))[0]

    def sweep(self, state, inputs, ticks):
        """Answer the queries of all ticks."""
        answers = jax.vmap(lambda query, tokens: self.step((), {"query": query, "tokens": tokens},
                                                           None)[1])  # fmt: skip
        return state, answers(inputs["query"], inputs["tokens"])

    def sense(self, state):
        """Return nothing: it has no state."""
        return {}

    def keys_and_values(self, tokens: Float[Array, "tokens width"]):
        """Return what tokens offer to every head: `[head, part, token]`, `[head, token, part]`."""
        width = self.width
        both = tokens @ self.in_proj_weight[width:].T + self.in_proj_bias[width:]
        split = both.reshape(len(tokens), 2, self.heads, width // self.heads)
        return split[:, 0].transpose(1, 2, 0), split[:, 1].transpose(1, 0, 2)

    def answer(self, query, keys, values):
        """Return answers `[query, width]`, and where each head looked, `[head, query, token]`."""
        width, part = self.width, self.width // self.heads
        asked = query @ self.in_proj_weight[:width].T + self.in_proj_bias[:width]
        asked = asked.reshape(len(query), self.heads, part) / part**0.5
        looked = jax.nn.softmax(jnp.einsum("qhp,hpt->hqt", asked, keys), axis=-1)
        found = jnp.einsum("hqt,htp->qhp", looked, values).reshape(len(query), width)
        return jax.vmap(self.out_proj)(found), looked
