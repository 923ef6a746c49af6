import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from neuropil.numerics import _kernel_cache

TWICE = "def kernel(n):\n    return factor(n)\n"
PROGRAM = f"""
import ctypes
import numba
from neuropil.numerics import _kernel_cache

factor = numba.njit(lambda n: 2 * n)
kernel = _kernel_cache.compiled({TWICE!r}, 1, {{"factor": factor}})
call = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)(kernel.address)
print(call(21), kernel.cache_hits)
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("NEUROPIL_CACHE", str(tmp_path))

    def run():
        command = [sys.executable, "-W", "error", "-c", PROGRAM]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    return run


def kept(folder):
    return sorted(path.name for path in (folder / "kernels").rglob("*") if path.is_file())


@pytest.mark.slow
def test_another_process_loads_what_one_compiled(run, tmp_path):
    assert run() == ["42", "0"]
    files = kept(tmp_path)
    assert run() == ["42", "1"]
    assert kept(tmp_path) == files and not any(name.endswith(".tmp") for name in files)


@pytest.mark.slow
def test_what_is_damaged_is_compiled_again(run, tmp_path):
    run()
    for path in (tmp_path / "kernels").rglob("*.nb[ci]"):
        path.write_bytes(path.read_bytes()[:100])
    assert run() == ["42", "0"]


def test_a_folder_that_cannot_be_written_is_done_without(run, tmp_path):
    (tmp_path / "kernels").write_text("a file")
    assert run() == ["42", "0"]


def test_other_code_that_kernels_call_is_another_file(tmp_path, monkeypatch):
    """Whatever module it stands in."""
    monkeypatch.setenv("NEUROPIL_CACHE", str(tmp_path))
    here = Path(_kernel_cache.__file__).parent
    called = {module for module in here.glob("*.py") if "_ffi.inner" in module.read_text()}
    assert {"_circuit_delivery.py", "_delivery_kernels.py"} <= {module.name for module in called}
    copied = tmp_path / "numerics"
    shutil.copytree(here, copied)
    monkeypatch.setattr(_kernel_cache, "__file__", str(copied / "_kernel_cache.py"))
    found = set()
    for module in [None, *called]:
        if module is not None:
            (copied / module.name).write_text(module.read_text() + "\n# changed\n")
        _kernel_cache._support.cache_clear()
        found.add(_kernel_cache._file(TWICE))
    _kernel_cache._support.cache_clear()
    assert len(found) == 1 + len(called)


MET = """
import ctypes, math, sys
from neuropil.numerics import _ffi, _kernel_cache

# Too long to be inlined, so that the function stays one, with a name.
lines = "\\n".join(f"    b += math.sin(b + {j}) - math.cos(b * {j})" for j in range(80))
for value in sys.argv[1:]:
    source = f"@vectorised()\\ndef tick(b):\\n{lines}\\n    return {value} + (b > 1e9)\\n"
    source += "def kernel(n):\\n    return tick(n) + tick(n + 1)\\n"
    kernel = _kernel_cache.compiled(source, 1, {"math": math, **_ffi._names()})
    print(ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)(kernel.address)(3))
"""


@pytest.mark.slow
def test_kernels_of_two_processes_meet_in_a_third(tmp_path, monkeypatch):
    monkeypatch.setenv("NEUROPIL_CACHE", str(tmp_path))
    for values, expected in ((["1"], ["2"]), (["2"], ["4"]), (["1", "2"], ["2", "4"])):
        command = [sys.executable, "-c", MET, *values]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.stdout.split() == expected, done.stderr
