"""Brain-inspired computing: one network description, simulated, trained and left to learn.

The library is a set of rooms, each imported when it is first used:

>>> import neuropil
>>> neuropil.core.Tick._fields
('index', 'dt', 'key')
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import analysis as analysis
    from . import cells as cells
    from . import coding as coding
    from . import connectivity as connectivity
    from . import core as core
    from . import growth as growth
    from . import modulation as modulation
    from . import numerics as numerics
    from . import plasticity as plasticity
    from . import report as report
    from . import sequence as sequence
    from . import sparsity as sparsity
    from . import synapses as synapses
    from . import systems as systems
    from . import tasks as tasks
    from . import training as training

__version__ = "0.1.0"

__all__ = [
    "analysis",
    "cells",
    "coding",
    "connectivity",
    "core",
    "growth",
    "modulation",
    "numerics",
    "plasticity",
    "report",
    "sequence",
    "sparsity",
    "synapses",
    "systems",
    "tasks",
    "training",
]


def __getattr__(name: str) -> ModuleType:
    if name in __all__:
        return import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
