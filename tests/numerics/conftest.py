import pytest

from neuropil.numerics import _event_primitive, _scan_primitive


@pytest.fixture(autouse=True)
def kernels_for_small_arrays(monkeypatch):
    """Let kernels be used at sizes at which, in life, compiling them would not be worth while."""
    monkeypatch.setattr(_scan_primitive, "LEAST_WORK", 2**13)
    monkeypatch.setattr(_scan_primitive, "LEAST_NEURONS", 2**6)
    monkeypatch.setattr(_event_primitive, "LEAST_EVENTS", 2**11)
