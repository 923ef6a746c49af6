"""What encoders and readouts refuse."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from ..numerics import as_parameter, fail, is_traced


def as_intensity(value: Any, name: str) -> Array:
    """Return an array of values from 0 to 1, refusing anything else."""
    array = as_parameter(value, name, minimum=0.0)
    if not is_traced(array) and float(np.max(np.asarray(array))) > 1.0:
        found = f"values up to {float(jnp.max(array)):g}"
        fail(name, found, "values from 0 to 1", f"divide {name} by its largest possible value")
    return array


def as_scalar(value: Any, name: str, unit: str, *, minimum=None, positive=True) -> Array:
    """Return one number as an array, refusing several."""
    array = as_parameter(value, name, unit=unit, minimum=minimum, positive=positive)
    if array.ndim:
        fail(name, f"shape {array.shape}", f"one number in {unit}", f"pass e.g. {name}=20.0")
    return array


def as_recording(value: Any, name: str, axes: str, *, least: int = 1) -> Array:
    """Return numbers or booleans over time as a floating-point array, time first."""
    fix = "pass what simulate returned, e.g. records.output"
    try:
        array = jnp.asarray(value)
    except (TypeError, ValueError):
        fail(name, f"{type(value).__name__}", f"an array {axes}", fix)
    is_numeric = jnp.issubdtype(array.dtype, jnp.number) or array.dtype == jnp.bool_
    if not is_numeric or jnp.issubdtype(array.dtype, jnp.complexfloating):
        fail(name, f"an array of {array.dtype}", f"real numbers or booleans {axes}", fix)
    if array.ndim < least or 0 in array.shape:
        fail(name, f"shape {array.shape}", f"{axes}, none of them empty", fix)
    if not jnp.issubdtype(array.dtype, jnp.floating):
        array = array.astype(jnp.result_type(float))
    return array


def check_per_neuron(node, *names: str) -> None:
    """Refuse parameters that are neither one nor one per neuron."""
    for name in names:
        shape = getattr(node, name).shape
        if shape not in ((), node.size):
            expected = f"one number, or shape {node.size}"
            fail(name, f"shape {shape}", expected, "give one value, or one per neuron")
