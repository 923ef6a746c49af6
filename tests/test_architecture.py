"""Every arrow between rooms is one that the design allows."""

import pytest

import neuropil

from ._imports import PACKAGE, PARTS, ROOMS, complaints, modules, read_imports


def test_rooms_import_only_what_their_row_says():
    wrong = [text for name, source in modules() for text in complaints(source, name)]
    assert not wrong, "\n".join(wrong)


def test_all_rooms_are_read():
    read = {name.split(".")[0] for name, _ in modules()}
    assert {"numerics", "core", "cells", "training"} <= read
    assert read <= set(ROOMS)


def test_the_table_itself_keeps_the_layers():
    for part in PARTS:
        assert not ROOMS[part] & PARTS
    for leaf in ("energy", "exchange"):
        assert {room for room in ROOMS if leaf in ROOMS[room]} == {"systems", "report", "cli"}
    assert {room for room in ROOMS if "systems" in ROOMS[room]} == {"report", "cli"}
    assert {room for room in ROOMS if "report" in ROOMS[room]} == {"cli"}


@pytest.mark.parametrize(
    ("module", "planted"),
    [
        ("numerics._surrogates", "from ..core import Node"),
        ("numerics._surrogates", "import optax"),
        ("numerics._kernels", "import numba"),
        ("numerics._scan_primitive", "from . import _scan_kernel"),
        ("numerics._scan_primitive", "from ._ffi import register"),
        ("core._tick", "from ..cells import lif"),
        ("core._tick", "import rich"),
        ("core._tick", "def later():\n    from ..training import fit"),
        ("cells._lif", "from ..synapses import exponential"),
        ("cells._lif", "from .. import connectivity"),
        ("cells.__init__", "from ..coding import latency"),
        ("cells._lif", "import neuropil.plasticity"),
        ("cells._lif", "import neuropil"),
        ("cells._lif", "from ..core._tick import Tick"),
        ("training._fit", "from ..cells import lif"),
        ("training._fit", "from neuropil.systems import delays"),
        ("training._fit", "import matplotlib.pyplot"),
        ("tasks._digits", "from sklearn.datasets import load_digits"),
        ("tasks._digits", "import jax"),
        ("tasks._digits", "from ..numerics import fail"),
        ("systems.delays", "from ..report import write"),
        ("report._raster", "import matplotlib"),
    ],
)
def test_a_planted_wrong_import_is_found(module: str, planted: str):
    assert len(complaints(planted, module)) == 1


@pytest.mark.parametrize(
    ("module", "allowed"),
    [
        (
            "core._tick",
            "import jax.numpy as jnp\nfrom ..numerics import fail\nfrom ._node import A",
        ),
        ("cells._lif", "from ..core import Cell\nfrom ..numerics import fast_sigmoid"),
        ("cells.__init__", "from ._lif import lif as lif"),
        ("numerics._kernels", "def build():\n    import numba"),
        ("tasks._digits", "import gzip\ndef load():\n    from sklearn.datasets import load_digits"),
        ("systems.delays", "from ..cells import lif\nfrom ..tasks import digits"),
        (
            "report._draw",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import matplotlib",
        ),
        ("cli", "import typer\nfrom . import systems, __version__\nfrom .report import write"),
    ],
)
def test_an_allowed_import_is_not_reported(module: str, allowed: str):
    assert complaints(allowed, module) == []


def test_relative_imports_are_resolved():
    def targets(source: str, module: str) -> list[str]:
        return [found.target for found in read_imports(source, module)]

    assert targets("from ..core import Node", "cells._lif") == ["neuropil.core.Node"]
    assert targets("from ._lif import lif", "cells.__init__") == ["neuropil.cells._lif.lif"]
    assert targets("from ...core import Node", "cells.deep._lif") == ["neuropil.core.Node"]
    assert targets("from . import systems", "cli") == ["neuropil.systems"]


def test_the_lazy_door_names_exactly_the_rooms_that_exist():
    on_disk = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert set(neuropil.__all__) == on_disk - {"cli"}
