"""Long short-term memory, the recurrent network to compare others with."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Node, learnable
from ..numerics import as_count, as_key


class LSTMState(NamedTuple):
    """What goes out, h, and what is remembered, c."""

    hidden: Float[Array, " size"]
    cell: Float[Array, " size"]


class LSTM(Node):
    r"""Long short-term memory, one step per tick.

    $$\begin{aligned}
    (i, f, g, o) &= (\sigma, \sigma, \tanh, \sigma)(W_x x_t + W_h h_{t-1} + b) \\
    c_t &= f\, c_{t-1} + i\, g, \qquad h_t = o \tanh c_t
    \end{aligned}$$

    It counts ticks, not ms. Inside is an `equinox.nn.LSTMCell`; all its arrays are learnable.

    **Arguments:** `inputs`, the number of input channels; `size`, the number of units; `longest`,
    in ticks: with it forget gates start at $b_f = \ln u$, u from $U(1, longest - 1)$, and input
    gates at $-b_f$, so that units remember for about u ticks from the beginning; `key`, for
    weights and all other biases, drawn from $U(-1/\sqrt{size}, 1/\sqrt{size})$.

    **Raises:** `NeuropilError` for counts that are not positive integers, a `longest` below 2, and
    anything but a key.

    >>> import jax
    >>> from neuropil.core import simulate
    >>> lstm = LSTM(3, 5, key=jax.random.key(0))
    >>> _, records = simulate(lstm, jnp.ones((10, 2, 3)), dt=1.0, key=jax.random.key(1))
    >>> records.output.shape
    (10, 2, 5)

    Source: Hochreiter and Schmidhuber 1997, https://doi.org/10.1162/neco.1997.9.8.1735; `longest`:
    Tallec and Ollivier 2018, https://doi.org/10.48550/arXiv.1804.11188
    """

    lstm: eqx.nn.LSTMCell = learnable()

    def __init__(self, inputs: int, size: int, *, longest: int | None = None, key):
        lstm = eqx.nn.LSTMCell(as_count(inputs, "inputs"), as_count(size, "size"), key=as_key(key))
        if longest is not None:
            most = as_count(longest, "longest", minimum=2) - 1.0
            spread = jax.random.uniform(
                jax.random.fold_in(key, 1), (size,), minval=1.0, maxval=most
            )
            bias = jnp.log(spread)
            gates = jnp.asarray(lstm.bias).at[:size].set(-bias).at[size : 2 * size].set(bias)
            lstm = eqx.tree_at(lambda cell: cell.bias, lstm, gates)
        self.lstm = lstm

    @property
    def ports(self):
        """The one port `input`."""
        return {"input": (self.lstm.input_size,)}

    @property
    def shape(self):
        """One output per unit."""
        return (self.lstm.hidden_size,)

    def init(self, *, key):
        """Return zeros."""
        zero = jnp.zeros(self.shape, self.lstm.weight_hh.dtype)
        return LSTMState(zero, zero)

    def step(self, state, inputs, tick):
        """Take one input."""
        state = LSTMState(*self.lstm(inputs["input"], tuple(state)))
        return state, state.hidden

    def sense(self, state):
        """Return h as `hidden` and c as `cell`."""
        return {"hidden": state.hidden, "cell": state.cell}
