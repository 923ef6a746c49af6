"""Checkpoints of the authors' code of the expressive leaky memory neuron, in and out."""

import re
from collections.abc import Mapping

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ..numerics import fail
from ._branch_routing import BranchRouting, window_routing

_LAYER = re.compile(r"mlp\.network\.(\d+)\.weight")
_FARTHEST = 80.0  # a sigmoid of more is 0 or 1; single precision wrote the last one as infinite


def read_elm(cls, arrays, inputs, activation, **limits):
    """Return a neuron with the arrays of a checkpoint."""
    found = _as_arrays(arrays)
    traces = next((name for name in ("tau_s", "tau_b") if name in found), None)
    if traces is None:
        fail("arrays", sorted(found), "tau_s (version 1) or tau_b (version 2)", "pass them all")
    layers = sorted(int(m[1]) for m in map(_LAYER.fullmatch, found) if m)
    weights = [_take(found, f"mlp.network.{n}.weight", 2) for n in layers]
    outputs, units = _take(found, "w_y.weight", 2).shape
    if not weights or weights[-1].shape[0] != units or weights[0].shape[1] <= units:
        shapes = [w.shape for w in weights]
        expected = f"mlp.network.*.weight onto {units} units, from branches and units"
        fail("arrays", f"shapes {shapes}", expected, "pass the arrays of one checkpoint")
    branches = weights[0].shape[1] - units
    synapses = _take(found, "_proto_w_s", 1)
    if synapses.size % branches:
        got = f"{synapses.size} synapses"
        fail("arrays", got, f"a multiple of {branches} branches", "pass one checkpoint's arrays")
    shape = (branches, synapses.size // branches)
    routing = _routing(found, inputs, shape)
    tau = _take(found, traces, 1)
    neuron = cls(
        routing.inputs,
        outputs,
        units=units,
        version=1 if traces == "tau_s" else 2,
        tau=_shared(tau, shape if traces == "tau_s" else shape[:1]),
        routing=routing,
        hidden=weights[0].shape[0],
        depth=len(weights) - 1,
        activation=activation,
        key=jax.random.key(0),
        **limits,
    )
    named = {f"mlp.network.{n}": layer for n, layer in zip(layers, neuron.mlp, strict=True)}
    old, new = [neuron.proto_w_s], [synapses.reshape(shape)]
    for name, layer in {**named, "w_y": neuron.w_y}.items():
        old += [layer.weight, layer.bias]
        new += [_take(found, f"{name}.weight", 2), _take(found, f"{name}.bias", 1)]
    old.append(neuron.memory.proto_tau)
    new.append(np.clip(_take(found, "_proto_tau_m", 1), -_FARTHEST, _FARTHEST))
    for before, after in zip(old, new, strict=True):
        if before.shape != after.shape or not np.isfinite(after).all():
            got = f"shape {after.shape}"
            fail("arrays", got, f"finite numbers of shape {before.shape}", "check the checkpoint")
    values = [jnp.asarray(value, jnp.result_type(float)) for value in new]
    return eqx.tree_at(_parts, neuron, values)


def write_elm(neuron):
    """Return the arrays of a checkpoint."""
    if neuron.size:
        fail("self", f"a layer of {neuron.size}", "a single neuron, size=()", "write one at a time")
    version, routing = neuron.memory.version, neuron.routing
    per = routing.source.shape if version == 1 else routing.source.shape[:1]
    if neuron.tau.ndim > len(per):
        fail("tau", "one per synapse", "one per branch in version 2", "take version=1")
    tau = neuron.tau[:, None] if len(per) == 2 and neuron.tau.ndim == 1 else neuron.tau
    names = [f"mlp.network.{2 * n}" for n in range(len(neuron.mlp))] + ["w_y"]
    arrays = {
        "_proto_w_s": neuron.proto_w_s.reshape(-1),
        "tau_s" if version == 1 else "tau_b": jnp.broadcast_to(tau, per).reshape(-1),
        "_proto_tau_m": neuron.memory.proto_tau,
        "input_to_synapse_indices": routing.source.reshape(-1),
        "valid_indices_mask": routing.valid.reshape(-1),
    }
    for name, layer in zip(names, [*neuron.mlp, neuron.w_y], strict=True):
        arrays |= {f"{name}.weight": layer.weight, f"{name}.bias": layer.bias}
    return {name: np.asarray(value) for name, value in arrays.items()}


def _parts(neuron):
    linear = [x for layer in (*neuron.mlp, neuron.w_y) for x in (layer.weight, layer.bias)]
    return [neuron.proto_w_s, *linear, neuron.memory.proto_tau]


def _as_arrays(arrays):
    if not isinstance(arrays, Mapping):
        fail("arrays", type(arrays).__name__, "a dict from names to arrays", "pass a state dict")
    return {name: np.asarray(value) for name, value in arrays.items()}


def _take(arrays, name, rank):
    if name not in arrays:
        fail("arrays", f"no {name}", f"{name} among {sorted(arrays)}", "pass a whole checkpoint")
    value = arrays[name]
    if value.ndim != rank or value.dtype.kind != "f" or np.isnan(value).any():
        expected = f"an array of {rank} axes of numbers"
        fail("arrays", f"{name}: {value.dtype}{list(value.shape)}", expected, "check it")
    return value


def _shared(tau, shape):
    """Return one time constant where all are equal, so that fewer traces are kept."""
    if tau.size != np.prod(shape):
        got = f"{tau.size} time constants"
        fail("arrays", got, f"{np.prod(shape)}", "pass one checkpoint's arrays")
    tau = tau.astype(jnp.result_type(float))
    return tau[0] if np.all(tau == tau[0]) else tau.reshape(shape)


def _routing(arrays, inputs, shape):
    source = arrays.get("input_to_synapse_indices", np.empty(0))
    if not source.size:
        count = shape[0] * shape[1]
        if inputs not in (None, count):
            got = f"{inputs} for {count} synapses without a routing"
            fail("inputs", got, f"{count} or None", "pass input_to_synapse_indices too")
        return window_routing(count, *shape)
    if inputs is None:
        fail("inputs", None, "how many there are", "pass num_input of the configuration")
    valid = arrays.get("valid_indices_mask", np.ones(source.shape, bool))
    if source.size != shape[0] * shape[1] or valid.size != source.size:
        got = f"{source.size} indices and {valid.size} flags"
        fail("arrays", got, f"{shape[0] * shape[1]} of each", "pass one checkpoint's arrays")
    return BranchRouting(inputs, source.reshape(shape), valid.reshape(shape).astype(bool))
