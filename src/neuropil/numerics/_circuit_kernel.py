"""The compiled form of a circuit: one loop over time, in which only what is published is walked.

Samples are independent pieces of work; a single one is shared by a team of threads.
"""

import functools
import hashlib
import math
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from jaxtyping import Array
from numba.core.errors import NumbaError

from . import _circuit_delivery, _ffi, _kernel_math, _team
from ._circuit import Circuit
from ._circuit_source import scratch, source
from ._lowering import Untranslatable

_MATHS = ("exp", "expm1", "log", "log1p", "tanh")
_DELIVERY = (
    "row", "rows", "clear", "copy", "find", "join", "deliver", "deliver_late", "deliver_rows",
)  # fmt: skip
_TEAM = ("pieces", "place", "share", "take", "another")


def run(circuit: Circuit, operands: Sequence[Array], results: Sequence[Any], length: int) -> list:
    """Run all ticks in one call of a kernel; operands and results as those of the reference.

    **Raises:** `Untranslatable`.
    """
    given = [np.full((1,), length, np.int32), *operands]
    if not all(_ffi.supports(v.dtype) for v in given):
        raise Untranslatable("a type that kernels do not know")
    common = tuple(v.shape[-1] == 1 for v in operands)
    types = [jax.ShapeDtypeStruct(v.shape, v.dtype) for v in results]
    samples, sizes = (
        types[0].shape[0],
        [own.carry[0].shape[-1] for own in _split(circuit, operands)],
    )
    types += [
        jax.ShapeDtypeStruct((samples, *one.shape), one.dtype) for one in scratch(circuit, sizes)
    ]
    name, _ = _registered(
        source(circuit, common),
        tuple((v.dtype, v.ndim) for v in given),
        tuple((v.dtype, len(v.shape)) for v in types),
    )
    return list(jax.ffi.ffi_call(name, types)(*given))[: len(results)]


def _split(circuit, operands):
    return circuit.split(operands)[0]


@functools.cache
def _registered(text: str, operands: tuple, results: tuple) -> tuple[str, Any]:
    """Compile a source once; return its name for XLA and what must be kept alive."""
    rooms = ((_kernel_math, _MATHS), (_circuit_delivery, _DELIVERY), (_team, _TEAM))
    names = {name: getattr(room, name) for room, called in rooms for name in called}
    names["math"] = math
    digest = hashlib.sha256(repr((text, operands, results)).encode()).hexdigest()
    name = f"neuropil_circuit_{digest}"
    try:
        return name, _ffi.register(name, text, names, operands, results, words=3)
    except NumbaError as error:
        raise Untranslatable(str(error)) from error
