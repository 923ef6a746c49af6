"""The event-based gated recurrent unit."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Bounds, Node, learnable
from ..numerics import (
    Surrogate,
    Triangle,
    as_count,
    as_instance,
    as_key,
    as_parameter,
    event_matmul,
    fail,
    is_traced,
)
from ._gates import gated_update, xavier_gates
from ._listed_rows import ListedRows, listed_rows

THRESHOLDS = Bounds(0.0, 1.0)
KEPT = 0.9


class EGRUState(NamedTuple):
    """What is remembered, h, and sent, y; the potential c and the events e they are made of."""

    hidden: Float[Array, " size"]
    output: Float[Array, " size"]
    potential: Float[Array, " size"]
    event: Float[Array, " size"]
    trace: Float[Array, " size"]


class EGRU(Node):
    r"""Event-based gated recurrent units: what is not above its threshold sends exactly zero.

    $$\begin{aligned}
    z &= \sigma(W_z x_t + b_z + R_z y_{t-1} + r_z) && \text{what is kept} \\
    r &= \sigma(W_r x_t + b_r + R_r y_{t-1} + r_r) && \text{what of the past is seen} \\
    g &= \tanh(W_g x_t + b_g + r\,(R_g y_{t-1} + r_g)) \\
    c_t &= z\, h_{t-1} + (1 - z)\, g, \qquad e_t = \Theta(c_t - \vartheta) \\
    y_t &= e_t\, c_t, \qquad h_t = c_t - e_t\, \vartheta
    \end{aligned}$$

    with $\Theta(0) = 0$: gates see events y, the leak sees the state h. The derivative of $\Theta$
    is that of the surrogate; it acts on c and on $\vartheta$, in y and in h alike. A tick takes 3
    `size` multiplications for every unit that was active in the tick before; `sense` counts them.

    It counts ticks, not ms. `weight` [inputs, 3 size] and `recurrent` [size, 3 size] hold the gates
    z, r, g side by side, from row to column, so that a row is what one unit sends.

    **Arguments:**

    - `inputs`, the number of input channels; `size`, the number of units.
    - `threshold` $\vartheta$, one or one per unit, from 0 to 1, not trained unless asked for, and
      moved back into this range after every step of training; None draws :func:`beta_thresholds`
      of mean 0.05.
    - `surrogate`, whose derivative stands for that of $\Theta$.
    - `key`, for the weights: per gate normal with variance 2 / (fan-in + fan-out); biases begin
      at 0.

    **Raises:** `NeuropilError` for counts that are not positive integers, thresholds outside of 0
    to 1 or of another shape, anything but a surrogate, anything but a key.

    >>> from neuropil.core import Record, simulate
    >>> egru = EGRU(3, 5, key=jax.random.key(0))
    >>> record = {"event": Record("event"), "operations": Record("operations")}
    >>> x, key = jnp.ones((10, 2, 3)), jax.random.key(1)
    >>> _, records = simulate(egru, x, dt=1.0, key=key, record=record)
    >>> bool((records.kept["operations"] == 15 * records.kept["event"].sum(-1)).all())
    True

    Source: Subramoney et al. 2023, https://doi.org/10.48550/arXiv.2206.06178; Nazeer et al. 2023,
    https://doi.org/10.48550/arXiv.2312.09084
    """

    weight: Float[Array, "inputs gates"] = learnable()
    recurrent: Float[Array, "size gates"] | ListedRows = learnable()
    bias: Float[Array, " gates"] = learnable()
    recurrent_bias: Float[Array, " gates"] = learnable()
    threshold: Float[Array, " size"]
    surrogate: Surrogate

    def __init__(
        self,
        inputs: int,
        size: int,
        *,
        threshold: Any = None,
        surrogate: Surrogate | None = None,
        key,
    ):
        inputs, size = as_count(inputs, "inputs"), as_count(size, "size")
        key, own, last = jax.random.split(as_key(key), 3)
        self.weight = xavier_gates(key, inputs, size)
        self.recurrent = xavier_gates(own, size, size)
        self.bias = self.recurrent_bias = jnp.zeros(3 * size)
        if threshold is None:
            threshold = beta_thresholds(size, 0.05, key=last)
        threshold = as_parameter(threshold, "threshold", minimum=0.0, maximum=1.0)
        if threshold.shape not in ((), (size,)):
            got, expected = f"shape {threshold.shape}", f"one threshold, or one per unit, ({size},)"
            fail("threshold", got, expected, "pass e.g. threshold=0.05")
        self.threshold = jnp.broadcast_to(threshold, (size,))
        self.surrogate = Triangle(width=1.0, height=0.7) if surrogate is None else surrogate
        as_instance(self.surrogate, "surrogate", Surrogate, "a Surrogate")

    @property
    def ports(self):
        """The one port `input`."""
        return {"input": self.weight.shape[:1]}

    @property
    def shape(self):
        """One output per unit."""
        return self.recurrent.shape[:1]

    def init(self, *, key):
        """Return zeros."""
        return EGRUState(*[jnp.zeros(self.shape, self.recurrent.dtype)] * 5)

    def step(self, state, inputs, tick):
        """Take one input."""
        own, sent = self.recurrent, state.output
        drive = event_matmul(inputs["input"], self.weight) + self.bias
        arriving = own.times(sent) if isinstance(own, ListedRows) else event_matmul(sent, own)
        potential = gated_update(drive, arriving + self.recurrent_bias, state.hidden)
        # The surrogate's step is 1 at 0, that of the equation is 0.
        event = 1.0 - self.surrogate(self.threshold - potential)
        output, hidden = event * potential, potential - event * self.threshold
        trace = KEPT * state.trace + (1.0 - KEPT) * output
        return EGRUState(hidden, output, potential, event, trace), output

    def sense(self, state):
        """Return h as `hidden`, c as `potential`, e as `event`, a `trace` of y and `operations`.

        $\\mathrm{trace}_t = 0.9\\,\\mathrm{trace}_{t-1} + 0.1\\,y_t$; `operations` are the
        multiplications by recurrent weights that the next tick takes.
        """
        sent, own = state.output, self.recurrent
        if isinstance(own, ListedRows):
            operations = own.walked(sent)
        else:
            operations = own.shape[1] * jnp.sum(sent != 0)
        return {
            "hidden": state.hidden,
            "potential": state.potential,
            "event": state.event,
            "trace": state.trace,
            "operations": operations,
        }

    def constrained(self):
        """Return it with thresholds moved back to 0 to 1."""
        return eqx.tree_at(lambda n: n.threshold, self, THRESHOLDS.project(self.threshold))

    def listed(self) -> "EGRU":
        """Return the same units with their recurrent weights as rows of those that are not zero.

        A tick then takes one multiplication for every weight that is not zero of the units that
        were active: use it once weights are pruned.

        **Raises:** `NeuropilError` for weights that are being traced.

        >>> egru = EGRU(3, 5, key=jax.random.key(0))
        >>> egru.listed().recurrent.weight.shape
        (75,)
        """
        if isinstance(self.recurrent, ListedRows):
            return self
        if is_traced(self.recurrent):
            fail("recurrent", "weights that are being traced", "known weights", "call it outside")
        return eqx.tree_at(lambda n: n.recurrent, self, listed_rows(self.recurrent))


def beta_thresholds(size: int, mean: float = 0.05, *, key) -> Float[Array, " size"]:
    r"""Return thresholds drawn from $\mathrm{Beta}(3m/(1-m),\ 3)$, whose mean is m.

    **Arguments:** `size`, how many; `mean` m, above 0 and below 1; `key`.

    **Raises:** `NeuropilError` for a size that is not positive, a mean out of range, anything but
    a key.

    >>> drawn = beta_thresholds(10_000, 0.05, key=jax.random.key(0))
    >>> round(float(drawn.mean()), 2)
    0.05
    """
    size, key = as_count(size, "size"), as_key(key)
    share = as_parameter(mean, "mean", positive=True)
    if share.ndim or (not is_traced(share) and share >= 1):
        fail("mean", mean, "one number above 0 and below 1", "pass e.g. mean=0.05")
    return jax.random.beta(key, 3.0 * share / (1.0 - share), 3.0, (size,))
