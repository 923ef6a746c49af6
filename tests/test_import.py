"""Importing the library is quick and brings no optional package along."""

import importlib.metadata
import subprocess
import sys
import time
import zipfile

import pytest

import neuropil

from ._imports import PACKAGE

EXTRAS = ("matplotlib", "sklearn", "h5py", "scipy.io", "numba", "tonic", "pandas", "torch")
EVERY_ROOM = "".join(f"import neuropil.{room}; " for room in neuropil.__all__)


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def seconds(code: str) -> float:
    before = time.perf_counter()
    run(code)
    return time.perf_counter() - before


def test_import_takes_less_than_a_second_and_a_half():
    """The best of three, above an empty interpreter, so that a busy machine does not decide."""
    empty = min(seconds("pass") for _ in range(3))
    assert min(seconds("import neuropil") for _ in range(3)) - empty < 1.5


def test_import_alone_loads_no_room():
    loaded = run("import neuropil, sys; print(*sys.modules)").split()
    assert "neuropil" in loaded
    assert not {f"neuropil.{room}" for room in neuropil.__all__} & set(loaded)
    assert "jax" not in loaded


def test_no_room_imports_an_extra():
    loaded = set(run(f"{EVERY_ROOM}import sys; print(*sys.modules)").split())
    assert {f"neuropil.{room}" for room in neuropil.__all__} <= loaded
    assert not loaded & set(EXTRAS)


def test_an_unknown_room_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'neurons'"):
        neuropil.neurons  # noqa: B018


def test_rooms_are_listed():
    assert {"core", "cells", "__version__"} <= set(dir(neuropil))


def test_version_agrees_with_the_metadata():
    assert importlib.metadata.version("neuropil") == neuropil.__version__


def test_the_wheel_is_typed(tmp_path):
    """The wheel carries the marker of typed packages and every module of the source tree."""
    from hatchling.builders.wheel import WheelBuilder

    wheel = next(WheelBuilder(str(PACKAGE.parents[1])).build(directory=str(tmp_path)))
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "neuropil/py.typed" in names
    sources = {f"neuropil/{path.relative_to(PACKAGE)}" for path in PACKAGE.rglob("*.py")}
    assert sources <= names
