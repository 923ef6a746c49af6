"""Whether kernels can be compiled here."""

import functools
import importlib.util


@functools.cache
def has_compiler() -> bool:
    """Whether Numba, the extra `kernels`, is installed. It is imported only when it is used."""
    return importlib.util.find_spec("numba") is not None
