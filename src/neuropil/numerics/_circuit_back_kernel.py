"""The compiled form of the way back through a circuit. Samples are independent pieces of work."""

import functools
import hashlib
import math
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
from jaxtyping import Array
from numba.core.errors import NumbaError

from . import _circuit_delivery, _circuit_gather, _ffi, _kernel_math
from ._circuit_back import Back
from ._circuit_back_source import source
from ._lowering import Untranslatable

_MATHS = ("exp", "expm1", "log", "log1p", "tanh")


def run(back: Back, operands: Sequence[Array], results: Sequence[Any], length: int) -> list:
    """Run all ticks in one call of a kernel; operands and results as those of the reference.

    **Raises:** `Untranslatable`.
    """
    given = [np.full((1,), length, np.int32), *operands]
    if not all(_ffi.supports(v.dtype) for v in given):
        raise Untranslatable("a type that kernels do not know")
    common = tuple(v.shape[-1] == 1 for v in operands)
    name, _ = _registered(
        source(back, common),
        tuple((v.dtype, v.ndim) for v in given),
        tuple((v.dtype, v.ndim) for v in results),
    )
    types = [jax.ShapeDtypeStruct(v.shape, v.dtype) for v in results]
    return list(jax.ffi.ffi_call(name, types)(*given))


@functools.cache
def _registered(text: str, operands: tuple, results: tuple) -> tuple[str, Any]:
    """Compile a source once; return its name for XLA and what must be kept alive."""
    rooms = (
        (_kernel_math, _MATHS),
        (_circuit_delivery, ("row", "rows", "clear", "copy")),
        (_circuit_gather, ("gather", "gather_late", "gather_rows")),
    )
    names = {name: getattr(room, name) for room, called in rooms for name in called}
    names["math"] = math
    digest = hashlib.sha256(repr((text, operands, results)).encode()).hexdigest()
    name = f"neuropil_circuit_back_{digest}"
    try:
        return name, _ffi.register(name, text, names, operands, results)
    except NumbaError as error:
        raise Untranslatable(str(error)) from error
