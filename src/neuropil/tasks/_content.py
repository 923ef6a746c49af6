"""Content hashes: what the data is, whatever archive it came in."""

import hashlib
from collections.abc import Iterable, Mapping

from ._errors import damaged


def digest(content: bytes | memoryview) -> str:
    """Return the SHA-256 of some bytes.

    >>> digest(b"spike")[:12]
    '798552d3924a'
    """
    return hashlib.sha256(content).hexdigest()


def digest_ids(ids: Iterable[object]) -> str:
    """Return the SHA-256 of a list of ids, one a line."""
    return digest("\n".join(str(entry) for entry in ids).encode())


def digest_files(files: Mapping[str, bytes]) -> str:
    """Return one SHA-256 of many named files, whatever order they are listed in."""
    total = hashlib.sha256()
    for name in sorted(files):
        total.update(f"{name}\0{len(files[name])}\0".encode())
        total.update(files[name])
    return total.hexdigest()


def verify(what: str, got: str, expected: str) -> None:
    """Refuse content whose hash is not the published one.

    **Raises:** `DataDamaged`.
    """
    if got != expected:
        fix = "delete it and fetch it again; an incomplete or edited copy has another hash"
        damaged(what, f"content with SHA-256 {got}", expected, fix)
