"""Every test of the data room starts with empty places to look in and without the internet."""

import json
import os
import urllib.request
from pathlib import Path

import pytest

from neuropil.tasks import _splits, spoken_digits
from neuropil.tasks._content import digest_ids

from ._shelf import serving

_GIVEN = os.environ.get("NEUROPIL_DATA")
_PACKAGED = os.environ.get("XDG_DATA_DIRS")


def _only_here(real):
    def urlopen(request, *args, **kwargs):
        if not request.full_url.startswith("http://127.0.0.1:"):
            raise OSError("no route to host")
        return real(request, *args, **kwargs)

    return urlopen


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    """Hide all data of this machine; what a test needs it puts there or asks for."""
    monkeypatch.setenv("NEUROPIL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("NEUROPIL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_DIRS", str(tmp_path / "share"))
    monkeypatch.setattr(urllib.request, "urlopen", _only_here(urllib.request.urlopen))


@pytest.fixture
def data(tmp_path) -> Path:
    """The empty folder to which NEUROPIL_DATA points."""
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


@pytest.fixture
def cache(tmp_path) -> Path:
    return tmp_path / "cache"


def _real(patch: pytest.MonkeyPatch) -> Path:
    if not _GIVEN:
        assert "CI" not in os.environ, "CI provides the data, in NEUROPIL_DATA"
        pytest.skip("NEUROPIL_DATA is not set: no real data on this machine")
    folder = Path(_GIVEN).expanduser().resolve()
    patch.setenv("NEUROPIL_DATA", str(folder))
    if _PACKAGED is None:
        patch.delenv("XDG_DATA_DIRS", raising=False)
    else:
        patch.setenv("XDG_DATA_DIRS", _PACKAGED)
    return folder


@pytest.fixture
def real_data(nowhere, monkeypatch) -> Path:
    """NEUROPIL_DATA as it was given; where it is set, its data has to be there and whole."""
    return _real(monkeypatch)


@pytest.fixture(scope="session")
def spoken_cache(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("spoken")


@pytest.fixture(scope="session")
def spoken(spoken_cache):
    """All real spoken digits; encoding them takes long, hence once."""
    with pytest.MonkeyPatch.context() as patch:
        _real(patch)
        patch.setenv("NEUROPIL_CACHE", str(spoken_cache))
        return spoken_digits()


@pytest.fixture
def ship(tmp_path, monkeypatch):
    """Return a function that puts a split file in the place of the shipped one."""
    (tmp_path / "splits").mkdir()
    monkeypatch.setattr(_splits.resources, "files", lambda package: tmp_path)

    def write(name: str, content: dict[str, str], train, validation, test) -> Path:
        parts = {"train": train, "validation": validation, "test": test}
        hashed = digest_ids(entry for part in parts.values() for entry in part)
        stored = {"name": name, "ids_sha256": hashed, "content_sha256": content, **parts}
        path = tmp_path / "splits" / f"{name}.json"
        path.write_text(json.dumps(stored), encoding="utf-8")
        return path

    return write


@pytest.fixture
def shelf():
    """A web server on this machine."""
    with serving() as shelf:
        yield shelf
