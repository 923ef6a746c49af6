"""What can be installed beside the library, as its own metadata says."""

import re
from collections.abc import Iterable
from importlib import metadata
from typing import Any

_REQUIREMENT = re.compile(r"([\w.-]+)[^;]*;.*\bextra\s*==\s*['\"]([\w.-]+)['\"]")


def extras() -> list[dict[str, Any]]:
    """Each extra, whether all of it is present, which distributions are missing, and the fix.

    Empty where the library is not installed as a package: then nothing says what its extras are.
    """
    try:
        known = metadata.metadata("neuropil")
    except metadata.PackageNotFoundError:
        return []
    needed = required(metadata.requires("neuropil") or [])
    return [_extra(name, needed.get(name, [])) for name in known.get_all("Provides-Extra") or []]


def required(requirements: Iterable[str]) -> dict[str, list[str]]:
    """Distributions by extra.

    >>> required(["jax>=0.10", "h5py>=3.11; extra == 'data'", "scipy; extra == 'data'"])
    {'data': ['h5py', 'scipy']}
    """
    found: dict[str, list[str]] = {}
    for requirement in requirements:
        match = _REQUIREMENT.match(requirement)
        if match:
            found.setdefault(match[2], []).append(match[1])
    return found


def _extra(name: str, needed: list[str]) -> dict[str, Any]:
    missing = [distribution for distribution in needed if not _installed(distribution)]
    fix = f"pip install 'neuropil[{name}]'" if missing else ""
    return {"name": name, "present": not missing, "missing": missing, "fix": fix}


def _installed(distribution: str) -> bool:
    try:
        metadata.distribution(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True
