"""Continuous thought machines as their authors store them."""

from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ..cells import NeuronLevelModels, NeuronwiseLinear
from ..coding import Synchronisation, dense_pairs
from ..numerics import as_count, fail
from ._attention import Attention
from ._synapse_models import LinearSynapses, UNetSynapses
from ._thought_machine import ContinuousThoughtMachine

_FIX = "pass the state_dict of a published ContinuousThoughtMachine, as NumPy arrays"


def from_published(
    arrays: Mapping[str, Any], *, tokens: int, ticks: int, heads: int
) -> ContinuousThoughtMachine:
    """Return the machine whose weights are stored under the names of the published code.

    Names are those of the `state_dict` of SakanaAI/continuous-thought-machines: `start_trace`,
    `kv_proj.0.weight`, `attention.in_proj_weight`, `synapses.1.weight` (or `synapses.down_...`),
    `trace_processor.0.0.w1`, `decay_params_out`, `out_neuron_indices_left`, and so on. Names of the
    backbone are left alone: what it returns, as `[token, feature]`, is the machine's input.

    **Arguments:** `arrays` by name; `tokens`, how many the backbone gives; `ticks` and `heads`,
    which are not stored.

    **Raises:** `NeuropilError` for names that are missing and shapes that do not fit together.

    Source: Darlow et al. 2025, https://doi.org/10.48550/arXiv.2505.05522
    """
    if not isinstance(arrays, Mapping):
        fail("arrays", type(arrays).__name__, "a dict from names to arrays", _FIX)
    stored = _Stored(arrays)
    trace = stored.take("start_trace", 2)
    neurons, memory = trace.shape
    query = stored.linear("q_proj")
    width = query.weight.shape[0]
    return ContinuousThoughtMachine(
        ticks,
        stored.linear("kv_proj.0"),
        stored.norm("kv_proj.1"),
        query,
        _attention(stored, as_count(tokens, "tokens"), width, as_count(heads, "heads")),
        _synapses(stored, width + neurons, neurons),
        _neuron_models(stored, trace),
        stored.take("start_activated_state", 1),
        _synchronisation(stored, "action", neurons),
        _synchronisation(stored, "out", neurons),
        stored.linear("output_projector.0"),
    )


class _Stored:
    """Arrays by their published names."""

    def __init__(self, arrays: Mapping[str, Any]):
        self.arrays = arrays

    def has(self, name: str) -> bool:
        return name in self.arrays

    def take(self, name: str, dimensions: int) -> jax.Array:
        """Return an array, refusing what is missing or has other axes."""
        if name not in self.arrays:
            fail(f"arrays[{name!r}]", "nothing", f"an array with {dimensions} axes", _FIX)
        try:
            found = np.asarray(self.arrays[name])
        except (TypeError, ValueError):
            found = np.asarray(None)
        if found.ndim != dimensions or not found.size or found.dtype.kind not in "fiu":
            got = f"{found.dtype} of shape {found.shape}"
            fail(f"arrays[{name!r}]", got, f"numbers with {dimensions} axes", _FIX)
        if found.dtype.kind == "f" and not np.isfinite(found).all():
            fail(f"arrays[{name!r}]", "values that are not finite", "finite numbers", _FIX)
        return jnp.asarray(found)

    def linear(self, name: str) -> eqx.nn.Linear:
        """Return a linear map with its bias."""
        weight, bias = self.take(f"{name}.weight", 2), self.take(f"{name}.bias", 1)
        if bias.shape != weight.shape[:1]:
            got = f"{bias.shape} for weights {weight.shape}"
            fail(f"arrays['{name}.bias']", got, f"shape {weight.shape[:1]}", _FIX)
        empty = eqx.nn.Linear(weight.shape[1], weight.shape[0], key=jax.random.key(0))
        return eqx.tree_at(lambda m: (m.weight, m.bias), empty, (weight, bias))

    def norm(self, name: str) -> eqx.nn.LayerNorm:
        """Return a layer normalisation."""
        weight, bias = self.take(f"{name}.weight", 1), self.take(f"{name}.bias", 1)
        empty = eqx.nn.LayerNorm(len(weight))
        return eqx.tree_at(lambda m: (m.weight, m.bias), empty, (weight, bias))


def _attention(stored: _Stored, tokens: int, width: int, heads: int) -> Attention:
    empty = Attention(tokens, width, heads, key=jax.random.key(0))
    weight, bias = (
        stored.take("attention.in_proj_weight", 2),
        stored.take("attention.in_proj_bias", 1),
    )
    if weight.shape != (3 * width, width):
        expected = f"shape {(3 * width, width)}, as the query has {width} numbers"
        fail("arrays['attention.in_proj_weight']", f"shape {weight.shape}", expected, _FIX)
    return eqx.tree_at(
        lambda a: (a.in_proj_weight, a.in_proj_bias, a.out_proj),
        empty,
        (weight, bias, stored.linear("attention.out_proj")),
    )


def _synapses(stored: _Stored, inputs: int, outputs: int) -> LinearSynapses | UNetSynapses:
    if stored.has("synapses.1.weight"):
        empty = LinearSynapses(inputs, outputs, key=jax.random.key(0))
        parts = stored.linear("synapses.1"), stored.norm("synapses.3")
        return eqx.tree_at(lambda s: (s.linear, s.norm), empty, parts)
    depth = 1
    while stored.has(f"synapses.skip_lns.{depth - 1}.weight"):
        depth += 1
    if depth == 1:
        fail("arrays", "no synapses", "synapses.1.weight, or synapses.skip_lns.0.weight", _FIX)
    empty = UNetSynapses(inputs, outputs, depth, key=jax.random.key(0))

    def block(name, at):
        parts = stored.linear(f"{name}.{at}"), stored.norm(f"{name}.{at + 1}")
        shape = empty.first_projection
        return eqx.tree_at(lambda b: (b.linear, b.norm), shape, parts)

    levels = range(depth - 1)
    return eqx.tree_at(
        lambda s: (s.first_projection, s.down_projections, s.up_projections, s.skip_lns),
        empty,
        (
            block("synapses.first_projection", 0),
            tuple(block(f"synapses.down_projections.{i}", 1) for i in levels),
            tuple(block(f"synapses.up_projections.{i}", 1) for i in levels),
            tuple(stored.norm(f"synapses.skip_lns.{i}") for i in levels),
        ),
    )


def _neuron_models(stored: _Stored, trace: jax.Array) -> NeuronLevelModels:
    def layer(name):
        w1, b1 = stored.take(f"{name}.w1", 3), stored.take(f"{name}.b1", 3)[0]
        empty = NeuronwiseLinear(*w1.shape, key=jax.random.key(0))
        temperature = stored.take(f"{name}.T", 1)[0]
        return eqx.tree_at(lambda m: (m.w1, m.b1, m.T), empty, (w1, b1, temperature))

    names = [f"trace_processor.0.{i}" for i in (0, 2)]
    layers = tuple(layer(name) for name in names if name == names[0] or stored.has(f"{name}.w1"))
    neurons, memory = trace.shape
    hidden = None if len(layers) == 1 else layers[1].w1.shape[0]
    empty = NeuronLevelModels(neurons, memory, hidden, key=jax.random.key(0))
    for name, found, like in zip(names, layers, empty.layers, strict=False):
        if found.w1.shape != like.w1.shape:
            got, expected = f"shape {found.w1.shape}", f"shape {like.w1.shape}, as start_trace says"
            fail(f"arrays['{name}.w1']", got, expected, _FIX)
    return eqx.tree_at(lambda n: (n.layers, n.start_trace), empty, (layers, trace))


def _synchronisation(stored: _Stored, name: str, neurons: int) -> Synchronisation:
    left = stored.take(f"{name}_neuron_indices_left", 1)
    right = stored.take(f"{name}_neuron_indices_right", 1)
    decay = stored.take(f"decay_params_{name}", 1)
    if decay.shape != left.shape:  # as many numbers as there are pairs of a dense choice
        left, right = dense_pairs(left, right)
    return Synchronisation(neurons, left, right, jnp.clip(decay, 0.0, 15.0))
