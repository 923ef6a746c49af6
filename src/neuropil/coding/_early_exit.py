from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..core import Node
from ..numerics import as_shape, fail
from ._checks import as_recording, as_scalar


class EarlyExitState(NamedTuple):
    """Evidence for every class, 1 until it was enough, and the time (ms) it took so far."""

    evidence: Float[Array, " classes"]
    waiting: Float[Array, ""]
    time: Float[Array, ""]


class EarlyExit(Node):
    r"""Evidence gathered until one class is likely enough; then the answer stands.

    $O_t = O_{t-1} + o_t / \alpha$ while $\max_k \mathrm{softmax}(O)_k \le c$; from the tick on in
    which the confidence is above c, evidence stays as it is. Put it behind the output of any
    network that classifies; the softmax is of the sum, so that confidence grows with evidence.

    **Arguments:** `classes`, how many; `threshold` c, from 0, which stops at once, to 1, which
    never does; `smoothing` $\alpha$, as large as to keep a first tick from being sure.

    **Raises:** `NeuropilError` for classes that are no count, a threshold outside of 0 to 1, and a
    smoothing that is not positive.

    >>> from neuropil.core import simulate
    >>> node, x = EarlyExit(2, threshold=0.9), jnp.array([[1.0, 0.0]] * 5)
    >>> state, records = simulate(node, x, dt=1.0, key=jax.random.key(0))
    >>> records.output[:, 0].tolist(), float(state.node.time)
    ([1.0, 2.0, 3.0, 3.0, 3.0], 3.0)

    Source: Li et al. 2023, https://doi.org/10.1109/ICCV51070.2023.01224
    """

    size: tuple = eqx.field(static=True, converter=lambda value: as_shape(value, "classes"))
    threshold: Float[Array, ""]
    smoothing: Float[Array, ""]

    def __init__(self, classes, threshold=0.6, smoothing=1.0):
        self.size = as_shape(classes, "classes")
        if len(self.size) != 1:
            fail("classes", self.size, "one count", "pass e.g. classes=10")
        self.threshold = as_confidence(threshold, "threshold")
        self.smoothing = as_scalar(smoothing, "smoothing", "units of evidence")

    @property
    def ports(self):
        """The one port `input`."""
        return {"input": self.size}

    @property
    def shape(self):
        """Evidence for every class."""
        return self.size

    def init(self, *, key):
        """Return no evidence."""
        return EarlyExitState(jnp.zeros(self.size), jnp.ones(()), jnp.zeros(()))

    def step(self, state, inputs, tick):
        """Gather evidence where more is wanted."""
        evidence = state.evidence + state.waiting * inputs["input"] / self.smoothing
        more = (jnp.max(jax.nn.softmax(evidence)) <= self.threshold).astype(evidence.dtype)
        time = state.time + state.waiting * tick.dt
        return EarlyExitState(evidence, state.waiting * more, time), evidence

    def sense(self, state):
        """Return the `confidence`, the `time` (ms) of gathering, and 1 while `waiting`."""
        confidence = jnp.max(jax.nn.softmax(state.evidence))
        return {"confidence": confidence, "time": state.time, "waiting": state.waiting}


def evidence_over_time(
    output: Float[Array, "time *rest classes"], smoothing=1.0
) -> Float[Array, "time *rest classes"]:
    r"""Return the evidence gathered up to every tick, $O_t = \sum_{u \le t} o_u / \alpha$.

    **Arguments:** `output` o, `[time, batch, class]`; `smoothing` $\alpha$.

    **Raises:** `NeuropilError` for anything else, and a smoothing that is not positive.

    >>> evidence_over_time(jnp.ones((3, 1)), 2.0)[:, 0].tolist()
    [0.5, 1.0, 1.5]

    Source: Li et al. 2023, https://doi.org/10.1109/ICCV51070.2023.01224
    """
    output = as_recording(output, "output", "[time, ..., class]", least=2)
    return jnp.cumsum(output / as_scalar(smoothing, "smoothing", "units of evidence"), axis=0)


def confidence_over_time(
    evidence: Float[Array, "time *rest classes"],
) -> Float[Array, "time *rest"]:
    r"""Return how likely the likeliest class is at every tick, $\max_k \mathrm{softmax}(O_t)_k$.

    **Arguments:** `evidence`, `[time, batch, class]`, as from :func:`evidence_over_time`.

    **Raises:** `NeuropilError` for anything else.

    >>> confidence_over_time(jnp.array([[0.0, 0.0], [0.0, 99.0]])).tolist()
    [0.5, 1.0]

    Source: Li et al. 2023, https://doi.org/10.1109/ICCV51070.2023.01224
    """
    evidence = as_recording(evidence, "evidence", "[time, ..., class]", least=2)
    return jnp.max(jax.nn.softmax(evidence, axis=-1), axis=-1)


def as_confidence(value, name: str) -> Float[Array, ""]:
    """Return a number from 0 to 1, refusing anything else."""
    threshold = as_scalar(value, name, "units of confidence", minimum=0.0, positive=False)
    if float(threshold) > 1.0:
        fail(name, float(threshold), "a number from 0 to 1", f"pass e.g. {name}=0.6")
    return threshold
