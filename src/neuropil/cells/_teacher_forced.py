"""A recurrent network that is pulled towards data while it runs."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from ..core import Node, SweepNode, learnable
from ..numerics import as_count, as_instance, as_parameter, fail


class Forced(NamedTuple):
    """The state after forcing, and how many ticks there have been."""

    z: Float[Array, " size"]
    ticks: Int[Array, ""]


class TeacherForced(SweepNode):
    r"""A node that is pulled a part of the way to the data in every tick: teacher forcing.

    $$z_t = F(\tilde z_{t-1}), \qquad x_t = G z_t, \qquad
      \tilde z_t = (1 - \alpha) z_t + \alpha \hat z_t$$

    where $\hat z_t$ is the state that the data show: what goes out is as it was before forcing,
    what goes on is as it is after it. In the first tick there is nothing to go on from, so
    $z_1 = \hat z_1$. Gradients pass a tick as $(1 - \alpha) J_t$, so that $\alpha = 1$ is training
    one step ahead and $\alpha = 0$ is training freely; see `training.optimal_forcing`. With
    `every`, forcing acts every so many ticks only: $\alpha = 1$, `every=16` is sparse forcing.

    Data come in at the port `forcing`. Without it, or with $\alpha = 0$, the node runs freely
    from the first tick.

    **Arguments:**

    - `model` F: a node whose state is a vector that is also its output, such as `ShallowPLRNN`.
    - `alpha`: the strength, from 0 to 1; not learnt. `every`, in ticks.
    - `observation`: None, where data are the state, or a matrix B `[data, size]`, learnt, with
      $G = B$ and $\hat z = B^+ x$: gradients pass the pseudo-inverse too.
    - `start`: None, or, where data are only the first of the state's variables, a matrix
      `[others, data]`, learnt, with which the others begin; they are never forced.

    **Raises:** `NeuropilError` for parts that do not fit together.

    >>> from neuropil.core import simulate
    >>> from ._plrnn import ShallowPLRNN
    >>> model = ShallowPLRNN(3, 50, key=jax.random.key(0))
    >>> data = jnp.ones((20, 8, 3))
    >>> forced = TeacherForced(model, alpha=0.2)
    >>> simulate(forced, data, dt=1.0, key=jax.random.key(1))[1].output.shape
    (20, 8, 3)

    Source: Hess et al. 2023, https://doi.org/10.48550/arXiv.2306.04406
    """

    model: Node = learnable()
    alpha: Float[Array, ""]
    observation: Float[Array, "data size"] | None = learnable()
    start: Float[Array, "others data"] | None = learnable()
    every: int = eqx.field(static=True)

    def __init__(self, model: Node, alpha=1.0, every: int = 1, observation=None, start=None):
        self.model = as_instance(model, "model", Node, "a Node")
        size = _size_of(model)
        self.alpha = as_parameter(alpha, "alpha", minimum=0.0, maximum=1.0)
        if self.alpha.ndim:
            fail("alpha", f"shape {self.alpha.shape}", "one number", "pass e.g. alpha=0.2")
        self.every = as_count(every, "every")
        self.observation = self.start = None
        if observation is not None and start is not None:
            fail("start", "a matrix beside an observation", "one of the two", "leave one out")
        if observation is not None:
            matrix = as_parameter(observation, "observation")
            if matrix.ndim != 2 or matrix.shape[1] != size:
                expected = f"[data, {size}]"
                fail("observation", f"shape {matrix.shape}", expected, "match it to the model")
            self.observation = matrix
        if start is not None:
            matrix = as_parameter(start, "start")
            if matrix.ndim != 2 or sum(matrix.shape) != size:
                expected = f"[others, data] that add up to {size}"
                fail("start", f"shape {matrix.shape}", expected, "match it to the model")
            self.start = matrix

    @property
    def ports(self):
        """The port `forcing` for the data, and those of the model."""
        return {"forcing": self.shape, **self.model.ports}

    @property
    def shape(self):
        """One output per variable of the data."""
        if self.observation is not None:
            return self.observation.shape[:1]
        return self.model.shape if self.start is None else self.start.shape[1:]

    def init(self, *, key):
        """Return the model's state at rest."""
        return Forced(self.model.init(key=key), jnp.zeros((), jnp.int32))

    def step(self, state, inputs, tick):
        """Advance the model, and pull it."""
        return self._step(state, self.infer(inputs["forcing"]), inputs, tick)

    def sweep(self, state, inputs, ticks):
        """Advance through all ticks; what the data show of the states is found at once."""
        shown = self.infer(inputs["forcing"])

        def step(state, now):
            own, shown, index, key = now
            return self._step(state, shown, own, ticks._replace(index=index, key=key))

        own = {port: inputs[port] for port in self.model.ports}
        return jax.lax.scan(step, state, (own, shown, ticks.index, ticks.key))

    def sense(self, state):
        """Return the state after forcing as `z`."""
        return {"z": state.z}

    def infer(self, data: Float[Array, "*time data"]) -> Float[Array, "*time shown"]:
        """Return what data show of the state: all of it, or its first variables."""
        if self.observation is None:
            return data
        return data @ jnp.linalg.pinv(self.observation).T

    def begin(self, data: Float[Array, " data"]) -> Float[Array, " size"]:
        """Return the state in which a run of the model begins that starts at these data."""
        return self._whole(self.infer(data))

    def observe(self, z: Float[Array, " size"]) -> Float[Array, " data"]:
        """Return what would be seen of a state."""
        if self.observation is not None:
            return self.observation @ z
        return z[: self.shape[0]]

    def _whole(self, shown):
        if self.start is None:
            return shown
        return jnp.concatenate([shown, self.start @ shown])

    def _step(self, state, shown, inputs, tick):
        _, z = self.model.step(state.z, inputs, tick)
        z = jnp.where(state.ticks == 0, self._whole(shown), z)
        alpha = jnp.where(state.ticks % self.every == 0, self.alpha, 0.0).astype(z.dtype)
        pulled = z[: shown.shape[0]] + alpha * (shown - z[: shown.shape[0]])
        after = jnp.concatenate([pulled, z[shown.shape[0] :]])
        return Forced(after, state.ticks + 1), self.observe(z)


def _size_of(model):
    state = jax.eval_shape(lambda: model.init(key=jax.random.key(0)))
    is_vector = getattr(state, "shape", None) == model.shape and len(model.shape) == 1
    if not is_vector:
        fail(
            "model",
            f"a {type(model).__name__} with the state {state}",
            "a node whose state is the vector that it puts out",
            "pass e.g. ShallowPLRNN(3, 50, key=key)",
        )
    return model.shape[0]
