"""A recurrent network that looks at its input in inner ticks, to compare others with."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
from jaxtyping import Array, Float

from ..cells import LSTM, LSTMState
from ..core import Node, Tick, learnable
from ..numerics import as_count, as_key, fail
from ._attention import Attention


class Glance(NamedTuple):
    """What happens in an inner tick."""

    output: Float[Array, " classes"]
    attention: Float[Array, "heads tokens"]
    activation: Float[Array, " size"]


def _only_output(glance: Glance):
    return glance.output


class AttentiveLSTM(Node):
    r"""Long short-term memory that looks at tokens for some inner ticks in one tick of a run.

    What a :class:`ContinuousThoughtMachine` does without neuron-level models and synchronisation:
    tokens x give $\mathrm{LN}(W_{kv} x + b)$ once; in every inner tick the hidden state asks,
    $q = W_q h + b$, attention finds o, $(h, c) = \mathrm{LSTM}(o, h, c)$, and the hidden state
    answers, $y = W_o h + b$. First states are learnt. What lasts goes on in the next tick of a run.

    **Arguments:** `tokens`, how many and their features; `outputs`, numbers per answer; `key`;
    `ticks`, inner ones; `size`, units of the LSTM; `width` of attention and its `heads`.

    **Raises:** `NeuropilError` for sizes that are not positive or do not fit together.

    >>> import jax.numpy as jnp
    >>> from neuropil.core import simulate
    >>> lstm = AttentiveLSTM((16, 4), 10, ticks=5, size=20, key=jax.random.key(0))
    >>> x = jnp.ones((1, 2, 16, 4))  # one tick of a run, two samples
    >>> simulate(lstm, x, dt=1.0, key=jax.random.key(1))[1].output.shape
    (1, 2, 5, 10)

    Source: Darlow et al. 2025, https://doi.org/10.48550/arXiv.2505.05522
    """

    ticks: int = eqx.field(static=True)
    kv_proj: eqx.nn.Linear = learnable()
    kv_norm: eqx.nn.LayerNorm = learnable()
    q_proj: eqx.nn.Linear = learnable()
    attention: Attention
    lstm: LSTM
    start_hidden_state: Float[Array, " size"] = learnable()
    start_cell_state: Float[Array, " size"] = learnable()
    output_projector: eqx.nn.Linear = learnable()

    def __init__(
        self,
        tokens: tuple[int, int],
        outputs: int,
        *,
        key,
        ticks: int = 30,
        size: int = 128,
        width: int = 32,
        heads: int = 1,
    ):
        if not isinstance(tokens, tuple) or len(tokens) != 2:
            fail("tokens", tokens, "how many tokens, and their features", "pass e.g. (16, 4)")
        count, features = (as_count(n, "tokens") for n in tokens)
        size, width = as_count(size, "size"), as_count(width, "width")
        keys = jax.random.split(as_key(key), 7)
        limit = 1.0 / math.sqrt(size)
        self.ticks = as_count(ticks, "ticks")
        self.kv_proj = eqx.nn.Linear(features, width, key=keys[0])
        self.kv_norm = eqx.nn.LayerNorm(width)
        self.q_proj = eqx.nn.Linear(size, width, key=keys[1])
        self.attention = Attention(count, width, heads, key=keys[2])
        self.lstm = LSTM(width, size, key=keys[3])
        self.start_hidden_state, self.start_cell_state = (
            jax.random.uniform(k, (size,), minval=-limit, maxval=limit) for k in keys[4:6]
        )
        self.output_projector = eqx.nn.Linear(size, as_count(outputs, "outputs"), key=keys[6])

    @property
    def ports(self):
        """The one port `input`, of tokens."""
        return {"input": (self.attention.tokens, self.kv_proj.in_features)}

    @property
    def shape(self):
        """One answer for every inner tick."""
        return (self.ticks, self.output_projector.out_features)

    def init(self, *, key):
        """Return what is learnt to have been before."""
        return LSTMState(self.start_hidden_state, self.start_cell_state)

    def step(self, state, inputs, tick):
        """Look at the tokens of one tick."""
        return self.think(state, inputs["input"], tick, _only_output)

    def think(
        self,
        state: LSTMState,
        tokens: Float[Array, "tokens features"],
        tick: Tick,
        keep: Callable[[Glance], Any],
    ) -> tuple[LSTMState, Any]:
        """Return the state after looking at tokens, and what is kept of every inner tick.

        **Arguments:** `state`; `tokens`; `tick`, of the run; `keep`, a function of a `Glance`.
        """
        seen = jax.vmap(lambda x: self.kv_norm(self.kv_proj(x)))(tokens)
        keys, values = self.attention.keys_and_values(seen)

        def inner(state, _):
            query = self.q_proj(state.hidden)[None]
            found, looked = self.attention.answer(query, keys, values)
            state, hidden = self.lstm.step(state, {"input": found[0]}, tick)
            return state, keep(Glance(self.output_projector(hidden), looked[:, 0], hidden))

        return jax.lax.scan(inner, state, length=self.ticks)

    def sense(self, state):
        """Return h as `hidden` and c as `cell`."""
        return self.lstm.sense(state)
