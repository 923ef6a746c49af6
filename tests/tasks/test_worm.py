"""The worm's files are found by place, and refused where they are others."""

import importlib.util

import numpy as np
import pytest

from neuropil.tasks import DataDamaged, DataNotFound, worm
from neuropil.tasks._fetch import folders
from neuropil.tasks._worm import _HASHES

pytest.importorskip("h5py")
PLACE = next((place for place in folders("worm") if place.is_dir()), None)  # before it is hidden
INSTALLED = importlib.util.find_spec("wormneuroatlas") is not None


def test_other_files_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("NEUROPIL_DATA", str(tmp_path))
    (tmp_path / "worm").mkdir()
    for name in _HASHES:
        (tmp_path / "worm" / name).write_bytes(b"{}")
    with pytest.raises(DataDamaged, match="SHA-256"):
        worm()


@pytest.mark.skipif(INSTALLED, reason="the package is installed")
def test_absent_files_are_asked_for(tmp_path, monkeypatch):
    for name in ("NEUROPIL_DATA", "NEUROPIL_CACHE", "XDG_DATA_DIRS"):
        monkeypatch.setenv(name, str(tmp_path))
    with pytest.raises(DataNotFound, match="neuropil.worm."):
        worm()


@pytest.mark.skipif(not INSTALLED and PLACE is None, reason="the data are not here")
def test_rows_are_presynaptic(monkeypatch):
    if PLACE is not None:
        monkeypatch.setenv("NEUROPIL_DATA", str(PLACE.parent))
    data = worm()
    at = data.neurons.index
    assert data.chemical.shape == data.response.shape == (300, 300)
    assert data.chemical[at("ASHL"), at("AVAL")] == 2 and data.chemical[at("AVAL"), at("ASHL")] == 0
    assert data.signs[at("DD1")] == -1 and data.signs[at("AVAL")] == 1
    np.testing.assert_array_equal(data.electrical, data.electrical.T)
