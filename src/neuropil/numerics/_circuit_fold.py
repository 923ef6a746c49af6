"""Many samples of a small circuit laid side by side, as one circuit whose parts are not connected.

A step is a loop over neurons, and one over ten of them is mostly its beginning and its end. So that
threads still have something to share, some groups of samples remain.
"""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array

from ._circuit import Circuit
from ._circuit_step import BLOCK

GROUPS = 16


def samples_together(circuit: Circuit, operands: Sequence[Any]) -> int:
    """Return how many samples are laid side by side; 1 where that would not pay."""
    if any(wire.is_matrix for wire in circuit.wires):
        return 1
    samples = max(v.shape[0] for v in operands)
    return max(1, min(BLOCK // max(_sizes(circuit, operands)), samples // GROUPS))


def folded(circuit: Circuit, operands: Sequence[Array], each: int) -> list[Array]:
    """Return the operands of the groups: neuron i of sample s is neuron s * size + i of its own."""
    sizes = _sizes(circuit, operands)
    populations, wires = circuit.split(operands)
    found = []
    for own, size in zip(populations, sizes, strict=True):
        found += [v if _is_common(v) else _wide(v, each, size) for v in own.params]
        found += [_wide(v, each, size) for v in own.carry]
        found += [v if _is_common(v) else _wide(v, each, size) for v in own.xs]
        found += [_wide(v, each, size) for v in own.history]
    for wire, (signs, starts, targets, *listed) in zip(circuit.wires, wires, strict=True):
        source, target, synapses = sizes[wire.source], sizes[wire.target], targets.shape[-1]
        first = _wide(starts[:, :-1], each, source) + _offsets(each, source, synapses)
        last = jnp.full((first.shape[0], 1), each * synapses, first.dtype)
        found += [
            signs if _is_common(signs) else _wide(signs, each, source),
            jnp.concatenate([first, last], 1),
            _wide(targets, each, synapses) + _offsets(each, synapses, target),
            *(_wide(v, each, synapses) for v in listed),
        ]
    return found


def shapes_of_groups(results: Sequence[Any], each: int) -> list[jax.ShapeDtypeStruct]:
    """Return the shapes of what comes out of the groups."""
    return [
        jax.ShapeDtypeStruct(
            (-(-v.shape[0] // each), *v.shape[1:-1], each * v.shape[-1]),
            v.dtype,
        )
        for v in results
    ]


def unfolded(value: Array, each: int, samples: int) -> Array:
    """Return a result of the groups sample by sample."""
    groups, *middle, wide = value.shape
    value = jnp.moveaxis(value.reshape(groups, *middle, each, wide // each), -2, 1)
    return value.reshape(groups * each, *middle, wide // each)[:samples]


def _sizes(circuit, operands) -> list[int]:
    return [own.carry[0].shape[-1] for own in circuit.split(operands)[0]]


def _is_common(value) -> bool:
    """Whether one number serves all neurons of all samples."""
    return value.shape[0] == 1 and value.shape[-1] == 1


def _wide(value, each, size):
    """Return `[samples or 1, ..., size or 1]` as `[groups or 1, ..., each * size]`."""
    value = jnp.broadcast_to(value, (*value.shape[:-1], size))
    samples, *middle, _ = value.shape
    if samples == 1:
        return jnp.tile(value, (*(1,) * (value.ndim - 1), each))
    missing = -samples % each
    value = jnp.pad(value, [(0, missing), *[(0, 0)] * (value.ndim - 1)], mode="edge")
    value = jnp.moveaxis(value.reshape(-1, each, *middle, size), 1, -2)
    return value.reshape(-1, *middle, each * size)


def _offsets(each, size, step):
    """Return by how much the numbers of every sample of a group are moved."""
    return jnp.repeat(step * jnp.arange(each, dtype=jnp.int32), size)
