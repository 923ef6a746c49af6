"""The expressive leaky memory neuron."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ..core import SweepNode, learnable
from ..numerics import (
    as_count,
    as_instance,
    as_key,
    as_parameter,
    as_shape,
    elementwise_scan,
    event_matmul,
    fail,
)
from ._branch_routing import BranchRouting, window_routing
from ._memory_scan import Affine, Writer, memory_scan, proposal
from ._slow_memory import SlowMemory


def scaled_tanh(x: Float[Array, "*n"]) -> Float[Array, "*n"]:
    """Return 1.7159 tanh(2x/3), which is about 1 at 1 and saturates at 1.7159."""
    return 1.7159 * jnp.tanh(2.0 * x / 3.0)


class ELMState(NamedTuple):
    """Traces per branch, or per synapse where those differ, and the memory."""

    trace: Float[Array, "*size branch"]
    memory: Float[Array, "*size units"]


class ELM(SweepNode):
    r"""Expressive leaky memory neurons: one, or a layer of them that see the same input.

    $$\begin{aligned}
    b_t &= \kappa_b\, b_{t-1} + \textstyle\sum_s \mathrm{relu}(v_s)\, x_t
      && \text{traces of branches} \\
    d_t &= \phi\big(\mathrm{MLP}([b_t ; \kappa_m m_{t-1}])\big) && \text{what is to be written} \\
    m_t &= \kappa_m m_{t-1} + \omega\, d_t, \qquad y_t = W_y m_t + b_y
    \end{aligned}$$

    with $\kappa = e^{-\Delta t/\tau}$, the write $\omega$ of :class:`SlowMemory` in the version
    chosen, and $\phi(a) = 1.7159 \tanh(2a/3)$. A weight $v_s$ below zero is a synapse that is not
    there, and gets no gradient. Version 1 of the paper keeps a trace per synapse and version 2
    one per branch; where the synapses of a branch share their time constant the sums are the same,
    and one per branch is kept. Give `tau` per synapse to keep one per synapse.

    Over many ticks, only the memory needs a loop: what arrives, the traces and the outputs are
    computed for all ticks at once, and so are the derivatives of all parameters.

    **Arguments:**

    - `inputs`; `outputs` per neuron; `size`, the shape of the layer, () for a single neuron.
    - `units`, how many memories a neuron has; `tau_min`, `tau_max` (ms), `gain` and `version`, as
      for :class:`SlowMemory`.
    - `tau`, of the traces in ms: one, [branch], or [branch, synapse].
    - `routing`: from inputs to branches; None gives every input a branch of its own.
    - `hidden`, the width of the perceptron, 2 `units` if None; `depth`, how many hidden layers, 0
      for a linear map; `activation` and `squash`, elementwise functions.
    - `key`, for the weights, drawn from $U(-1/\sqrt n, 1/\sqrt n)$ with n the fan-in; synapses
      begin at 0.5.

    **Raises:** `NeuropilError` for counts, time constants and a gain that are not positive, a tau
    of another shape, a routing of other inputs, and functions that are none.

    >>> from neuropil.core import simulate
    >>> neuron = ELM(8, 4, units=20, tau_max=150.0, key=jax.random.key(0))
    >>> _, records = simulate(neuron, jnp.ones((100, 2, 8)), dt=1.0, key=jax.random.key(1))
    >>> records.output.shape
    (100, 2, 4)

    Source: Spieler et al. 2023, https://doi.org/10.48550/arXiv.2306.16922
    """

    proto_w_s: Float[Array, "*size branch synapse"] = learnable()
    mlp: tuple[Affine, ...] = learnable()
    w_y: Affine = learnable()
    memory: SlowMemory
    tau: Float[Array, "..."]
    routing: BranchRouting
    size: tuple[int, ...] = eqx.field(static=True)
    activation: Callable = eqx.field(static=True)
    squash: Callable = eqx.field(static=True)

    def __init__(
        self,
        inputs: int,
        outputs: int = 1,
        *,
        size: int | tuple[int, ...] = (),
        units: int = 20,
        tau_min=1.0,
        tau_max=1000.0,
        gain=5.0,
        version: int = 1,
        tau=5.0,
        routing: BranchRouting | None = None,
        hidden: int | None = None,
        depth: int = 1,
        activation: Callable = jax.nn.relu,
        squash: Callable = scaled_tanh,
        key,
    ):
        n, units = as_count(inputs, "inputs"), as_count(units, "units")
        outputs, depth = as_count(outputs, "outputs"), as_count(depth, "depth", minimum=0)
        width = 2 * units if hidden is None else as_count(hidden, "hidden")
        self.size = () if isinstance(size, tuple) and not size else as_shape(size, "size")
        self.routing = window_routing(n, n, 1) if routing is None else routing
        as_instance(self.routing, "routing", BranchRouting, "a BranchRouting or None")
        if self.routing.inputs != n:
            fail("routing", f"one of {self.routing.inputs} inputs", f"{n}", "make it for as many")
        for name, function in (("activation", activation), ("squash", squash)):
            if not callable(function):
                fail(name, function, "an elementwise function", f"pass e.g. {name}=jax.nn.silu")
        self.activation, self.squash = activation, squash
        self.memory = SlowMemory(
            (*self.size, units), tau_min=tau_min, tau_max=tau_max, gain=gain, version=version
        )
        shape = self.routing.source.shape
        self.tau = as_parameter(tau, "tau", unit="ms", positive=True)
        if self.tau.shape not in ((), shape[:1], shape):
            expected = f"one tau in ms, or shape {shape[:1]} or {shape}"
            fail("tau", f"shape {self.tau.shape}", expected, "one per branch or synapse")
        sizes = (shape[0] + units, *(width,) * depth, units, outputs)
        *layers, self.w_y = _affine_maps(sizes, self.size, as_key(key))
        self.mlp = tuple(layers)
        self.proto_w_s = jnp.full((*self.size, *shape), 0.5, jnp.result_type(float))

    @property
    def ports(self):
        """The one port `input`, which all neurons see."""
        return {"input": (self.routing.inputs,)}

    @property
    def shape(self):
        """The outputs of every neuron."""
        return (*self.size, self.w_y.bias.shape[-1])

    @property
    def w_s(self) -> Float[Array, "*size branch synapse"]:
        """Weights of the synapses, zero where there is none."""
        return jnp.where(self.routing.valid, jax.nn.relu(self.proto_w_s), 0.0)

    def init(self, *, key):
        """Return zeros."""
        per_synapse = self.tau.ndim == 2
        shape = self.routing.source.shape if per_synapse else self.routing.source.shape[:1]
        trace = jnp.zeros((*self.size, *shape), self.proto_w_s.dtype)
        return ELMState(trace, self.memory.init(key=key))

    def step(self, state, inputs, tick):
        """Take one input."""
        arriving = self.w_s * inputs["input"][self.routing.source]
        if self.tau.ndim < 2:
            arriving = arriving.sum(-1)
        trace = jnp.exp(-tick.dt / self.tau) * state.trace + arriving
        kept, written = self.memory.rates(tick.dt)

        def write(mlp, branch, held):
            drive, writer = _split(mlp, branch)
            return proposal(self.activation, self.squash, writer, held, drive)[0]

        held = kept * state.memory
        memory = held + written * self._of_all(write)(self.mlp, self._branches(trace), held)
        state = ELMState(trace, memory)
        return state, self._of_all(_apply)(self.w_y, memory)

    def sweep(self, state, inputs, ticks):
        """Take all inputs."""
        arriving = self._arriving(inputs["input"])

        def leak(tau, trace, x):
            trace = jnp.exp(-ticks.dt / tau) * trace + x
            return trace, trace

        trace, traces = elementwise_scan(leak, self.tau, state.trace, arriving)
        kept, written = self.memory.rates(ticks.dt)

        def remember(mlp, kept, written, memory, branches):
            drive, writer = _split(mlp, branches)
            return memory_scan(self.activation, self.squash, writer, kept, written, memory, drive)

        over_time = self._of_all(remember, (0, 0, 0, 0, 1), 1)
        memories = over_time(self.mlp, kept, written, state.memory, self._branches(traces))
        output = self._of_all(_apply, (0, 1), 1)(self.w_y, memories)
        return ELMState(trace, memories[-1]), output

    def sense(self, state):
        """Return the drive of the branches as `branch`, and `memory`."""
        return {"branch": self._branches(state.trace), "memory": state.memory}

    @classmethod
    def from_published(
        cls,
        arrays: Mapping[str, Any],
        *,
        inputs: int | None = None,
        tau_min=1.0,
        tau_max=1000.0,
        gain=5.0,
        activation: Callable = jax.nn.relu,
    ) -> "ELM":
        """Return the neuron that a checkpoint of the authors' code describes.

        The version is 1 if the checkpoint has time constants of synapses (`tau_s`), 2 if of
        branches (`tau_b`). What is in no array is told as an argument: see the configuration that
        is stored beside the checkpoint.

        **Arguments:** `arrays`, by the names of the checkpoint: `_proto_w_s`, `tau_s` or `tau_b`,
        `_proto_tau_m`, `mlp.network.<n>.weight` and `.bias`, `w_y.weight` and `.bias`, and, unless
        inputs are in the order of the branches, `input_to_synapse_indices` and
        `valid_indices_mask`; `inputs`, how many there are, needed with those; `tau_min`, `tau_max`
        (ms), `gain` and `activation` as for the class.

        **Raises:** `NeuropilError` for arrays that are missing or do not fit each other.

        >>> neuron = ELM(4, 2, units=3, key=jax.random.key(0))
        >>> ELM.from_published(neuron.as_published(), inputs=4).w_y.weight.shape
        (2, 3)
        """
        from ._published_elm import read_elm

        return read_elm(
            cls, arrays, inputs, activation, tau_min=tau_min, tau_max=tau_max, gain=gain
        )

    def as_published(self) -> dict[str, np.ndarray]:
        """Return the arrays of a checkpoint of the authors' code, for a single neuron.

        **Raises:** `NeuropilError` for a layer.
        """
        from ._published_elm import write_elm

        return write_elm(self)

    def _of_all(self, function, in_axes: Any = 0, out_axes=0):
        """Return a function of one neuron for all of them."""
        for _ in self.size:
            function = jax.vmap(function, in_axes, out_axes)
        return function

    def _branches(self, trace):
        return trace.sum(-1) if self.tau.ndim == 2 else trace

    def _arriving(self, x):
        """Return what arrives at branches, or at synapses, over time."""
        source, weight = self.routing.source, self.w_s
        if self.tau.ndim == 2 or self.routing.synapses == 1:
            every = x[:, source].reshape(len(x), *(1,) * len(self.size), *source.shape) * weight
            return every if self.tau.ndim == 2 else every[..., 0]
        # One product, which skips inputs that are zero, is faster than a gather of every synapse.
        inputs, branches = self.routing.inputs, self.routing.branches
        from_first = weight.reshape(-1, *source.shape)
        empty = jnp.zeros((inputs, len(from_first), branches), weight.dtype)
        branch = jnp.broadcast_to(jnp.arange(branches)[:, None], source.shape)
        full = empty.at[source, :, branch].add(jnp.moveaxis(from_first, 0, -1))
        return event_matmul(x, full.reshape(inputs, -1)).reshape(len(x), *self.size, branches)


def _affine_maps(sizes, shape, key):
    """Return maps from every size to the next, of one draw: it is the draw that takes long."""
    counts = [(a + 1) * b for a, b in zip(sizes, sizes[1:], strict=False)]
    drawn = jax.random.uniform(key, (*shape, sum(counts)), minval=-1.0, maxval=1.0)
    ends, maps = np.cumsum([0, *counts]), []
    for at, (a, b) in enumerate(zip(sizes, sizes[1:], strict=False)):
        own = drawn[..., ends[at] : ends[at + 1]].reshape(*shape, b, a + 1) / np.sqrt(a)
        maps.append(Affine(own[..., :-1], own[..., -1]))
    return maps


def _apply(affine, x):
    return x @ affine.weight.T + affine.bias


def _split(mlp, branches):
    """Return what the branches drive in the first layer, and the perceptron of the memory."""
    first, *others = mlp
    n = branches.shape[-1]
    drive = branches @ first.weight[:, :n].T + first.bias
    return drive, Writer(first.weight[:, n:], others)
